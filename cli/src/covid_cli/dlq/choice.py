"""Which dead letters are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from covid_cli.dlq.letters import Standing
from covid_core import topics

TOPICS: Final = {"records": topics.RECORDS_DLQ, "metrics": topics.METRICS_DLQ}


@dataclass(frozen=True)
class Choice:
    """All that holds, of everything where nothing is given. `reason` is the letters' short code."""

    ids: frozenset[str] = frozenset()
    reason: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing limits it."""
        return self == Choice()

    def of(self, letters: Mapping[str, Standing]) -> dict[str, Standing]:
        """Those of the letters that are meant."""
        return {origin: one for origin, one in letters.items() if self._means(origin, one)}

    def _means(self, origin: str, one: Standing) -> bool:
        return (
            (not self.ids or origin in self.ids)
            and (self.reason is None or (one.letter is not None and one.letter.code == self.reason))
            and (self.since is None or one.at >= self.since)
            and (self.until is None or one.at <= self.until)
        )
