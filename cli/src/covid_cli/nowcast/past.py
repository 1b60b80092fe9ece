"""Backtests of nowcasts, of files or of the log: what is looked at, and what is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from covid_cli.progress import Tell
from covid_core.logged import Logged
from covid_core.nowcast.backtest import FIELDS, Cell, Coverage, Population, cells, coverage
from covid_core.records import Record

ALL = "all"
"""In place of a source: all of them together."""


class Group(NamedTuple):
    """The cells of one source, or of all."""

    source: str
    regions: int
    first: str
    """When the first nowcast of it was made, and the last: days."""
    last: str
    found: Mapping[Population, Coverage]


def logged(records: Iterable[Record], tell: Tell) -> dict[str, list[Logged]]:
    """Records of files, which need no order, by region."""
    found: defaultdict[str, list[Logged]] = defaultdict(list)
    for count, record in enumerate(records):
        if count % 20_000 == 0:
            tell(f"reading files: {count:,} records")
        found[record.region].append(Logged(record, count))
    return found


def groups(by_region: Mapping[str, Sequence[Logged]], tell: Tell) -> list[Group]:
    """Each source that has cells, by name, then all together where there are several."""
    found: defaultdict[str, list[Cell]] = defaultdict(list)
    for place, (region, records) in enumerate(sorted(by_region.items()), start=1):
        tell(f"nowcasting {region}: {place} of {len(by_region)} regions")
        for source in sorted({one.record.source for one in records}):
            for field in FIELDS:
                found[source] += cells(records, region, source, field)
    groups = [_group(source, each) for source, each in sorted(found.items()) if each]
    everything = [cell for each in found.values() for cell in each]
    return groups if len(groups) < 2 else [*groups, _group(ALL, everything)]


def _group(source: str, found: Sequence[Cell]) -> Group:
    days = sorted(one.at.date().isoformat() for one in found)
    regions = len({one.nowcast.region for one in found})
    return Group(source, regions, days[0], days[-1], coverage(found))


def plain(group: Group) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "source": group.source,
        "regions": group.regions,
        "first": group.first,
        "last": group.last,
        "populations": {
            population.value: {
                "cells": one.cells,
                "held": one.held,
                "share": one.share,
                "unchanged": one.unchanged,
                "width": one.width,
                "score": one.score,
                "reported_score": one.reported_score,
                "error": one.error,
                "reported_error": one.reported_error,
            }
            for population, one in group.found.items()
        },
    }
