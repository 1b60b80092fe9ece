"""The source `merged`: for Canada, which publisher each field of each day is taken from.

Per region and field: `phac` from its first to its last date with a number (gaps stay null), then
`phac-weekly` likewise, `jhu` outside both.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from covid_core.records import FIELDS

PRECEDENCE: Final = ("phac", "phac-weekly", "jhu")
"""The publishers that `merged` joins, the first preferred; the last takes what the others leave."""

COUNTRY: Final = "CA"


class Span(Struct, frozen=True, array_like=True):
    """A first and a last day (ordinals)."""

    first: int
    last: int


class Spans(Struct, frozen=True, array_like=True):
    """From which day to which the preferred publishers have numbers, in the order of `FIELDS` for each."""

    phac: tuple[Span | None, ...] = (None,) * len(FIELDS)
    weekly: tuple[Span | None, ...] = (None,) * len(FIELDS)

    def chosen(self, field: int, day: int) -> int:
        """Index into `PRECEDENCE` of the publisher that a field of a day is taken from."""
        for index, spans in enumerate((self.phac, self.weekly)):
            span = spans[field]
            if span is not None and span.first <= day <= span.last:
                return index
        return len(PRECEDENCE) - 1


def is_merged(region: str) -> bool:
    """Whether a region has merged rows."""
    return region == COUNTRY or region.startswith(f"{COUNTRY}-")


def moved(old: Span | None, new: Span | None) -> set[int]:
    """The days that stand in exactly one of two spans; a day more costs one step, however long they are."""
    if old is None or new is None or old.last < new.first or new.last < old.first:
        return {day for span in (old, new) if span is not None for day in range(span.first, span.last + 1)}
    begin, end = sorted((old.first, new.first)), sorted((old.last, new.last))
    return {*range(begin[0], begin[1]), *range(end[0] + 1, end[1] + 1)}
