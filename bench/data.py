"""Invented rows and records of the size of real ones; the same for the same arguments."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import Final

from bench.log import Message
from covid_core import messages, regions
from covid_core.records import Record, encode
from covid_core.rows import Row

FIRST: Final = dt.date(2020, 1, 22)
REPORTED: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CANADA: Final = ("CA", *regions.PROVINCES)
"""The 14 regions."""


def days(count: int, first: dt.date = FIRST) -> list[dt.date]:
    """So many days."""
    return [first + dt.timedelta(number) for number in range(count)]


def rows(
    count: int, source: str, codes: Sequence[str] = CANADA, revision: int = 1, first: dt.date = FIRST
) -> list[Row]:
    """So many rows of a source, a region's one after the other, from a day on."""
    rng = random.Random(f"{source} {first}")
    each = -(-count // len(codes))
    return [_row(rng, source, code, day, revision) for code in codes for day in days(each, first)][:count]


def packed(found: Sequence[Row]) -> list[Message]:
    """Rows as messages of `covid.metrics`, as full as the stream makes them where it has the rows."""
    by_region: dict[str, list[Row]] = {}
    for one in found:
        by_region.setdefault(one.region, []).append(one)
    return [(region, value) for region, ones in by_region.items() for value in messages.encode(ones)]


def records(count: int, source: str, codes: Sequence[str], first: dt.date = FIRST) -> Iterator[Message]:
    """So many records of a source as messages of `covid.records`: day after day, each of all regions."""
    rng = random.Random(source)
    totals = dict.fromkeys(codes, 0)
    for number in range(count):
        code = codes[number % len(codes)]
        totals[code] += rng.randrange(5000)
        yield code, record(source, code, first + dt.timedelta(number // len(codes)), totals[code])


def record(source: str, region: str, day: dt.date, confirmed: int) -> bytes:
    """One record with the counts of a daily file."""
    found = Record(
        source=source,
        region=region,
        date=day,
        confirmed=confirmed,
        deaths=confirmed // 50,
        recovered=confirmed * 9 // 10,
        tests=confirmed * 20,
        reported_at=REPORTED,
    )
    return encode(found)


def _row(rng: random.Random, source: str, region: str, date: dt.date, revision: int) -> Row:
    """A row with about as many values as a real one."""
    confirmed = rng.randrange(10**6)
    return Row(
        source=source,
        region=region,
        date=date,
        confirmed=confirmed,
        deaths=confirmed // 50,
        tests=confirmed * 20,
        recovered_status="ended",
        confirmed_source=source,
        new_confirmed=rng.randrange(5000),
        avg7_confirmed=rng.random() * 1000,
        incidence=rng.random() * 3000,
        incidence_7d=rng.random() * 30,
        case_fatality_ratio=rng.random(),
        positivity_7d=rng.random(),
        revision=revision,
        lineage="123,456",
    )
