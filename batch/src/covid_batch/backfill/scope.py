"""Which part of the history is wanted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Regions (None: all) and the first and last day (None: open)."""

    regions: frozenset[str] | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    def has(self, region: str, date: dt.date) -> bool:
        """Whether a day of a region is wanted."""
        return (self.regions is None or region in self.regions) and self.has_day(date)

    def has_day(self, date: dt.date) -> bool:
        """Whether a day is wanted."""
        return (self.first is None or date >= self.first) and (self.last is None or date <= self.last)

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Scope()

    def __str__(self) -> str:
        """The same text for the same scope: `regions=CA-ON,CA-QC from=2021-01-01 to=`."""
        regions = "" if self.regions is None else ",".join(sorted(self.regions))
        return f"regions={regions} from={self.first or ''} to={self.last or ''}"
