"""What more load needs and costs, from the rates in `results.json`: the tables of `docs/scaling.md`.

A fluid model: work is divided evenly, nothing waits for anything else, and rates stay as measured.
It says how many of a part there must be, not how long one record takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bench.measure import Spread
from bench.results import Measured

HOUR: Final = 3600.0
TIMES: Final = 1_000
DAY: Final[Mapping[str, int]] = {"records": 32_000, "rows": 100}
"""A day of Canada: a daily file of PHAC and the series of JHU restate all days, and few rows change."""


class Part(NamedTuple):
    """A part, the row and the beginning of the line with its rate, what it takes, and how it is split."""

    name: str
    row: int
    line: str
    takes: str
    split: str


PARTS: Final = (
    Part("stream, few regions", 5, "stream, 14 regions", "records", "by region"),
    Part("stream, many regions", 5, "stream, 3,000 regions,", "records", "by region"),
    Part("sink dynamodb, DynamoDB Local", 1, "log to DynamoDB Local", "rows", "by partition"),
    Part("sink rds, PostgreSQL", 2, "log to PostgreSQL as RDS", "rows", "by partition"),
    Part("sink redshift, PostgreSQL", 2, "log to PostgreSQL as Redshift", "rows", "not: one lock"),
    Part("sink s3, Iceberg", 3, "log to Iceberg on S3", "rows", "not: one writer a table"),
)


FARGATE: Final = ((2, 0.04048), (4, 0.004445))
"""The stream's vCPUs and GB, and their dollars an hour (see `docs/scaling.md`)."""
WRITE_UNIT: Final = 0.625
"""Dollars of a million write request units of DynamoDB, on demand."""
UNITS_A_ROW: Final = 2
"""Of a transaction, for an item of at most 1 KB; an ordinary put takes one."""
PUT: Final = 0.005 / 1e3
"""Dollars of a PUT to S3."""


def rates(measured: Sequence[Measured]) -> dict[str, float]:
    """What each part takes a second, by its name. Raises `LookupError` for one that was not measured."""
    found = {}
    for part in PARTS:
        lines = [line for one in measured if one.row == part.row for line in one.lines]
        fitting = [line for line in lines if f"{line.what},".startswith(part.line)]
        if not fitting:
            raise LookupError(f"row {part.row} ({part.line}) has not been measured")
        found[part.name] = Spread.of(fitting[0].pairs.ours).median
    return found


def tables(measured: Sequence[Measured]) -> str:
    """Markdown. Raises `LookupError` where a rate is missing."""
    found = rates(measured)
    return "\n".join([*_load(found), "", *_costs(found)])


def _load(found: Mapping[str, float]) -> list[str]:
    lines = [
        f"| part | takes a second | a day of Canada | {TIMES:,} times | needed in an hour | split |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for part in PARTS:
        seconds = DAY[part.takes] / found[part.name]
        whole = seconds * TIMES
        lines.append(
            f"| {part.name} | {found[part.name]:,.0f} {part.takes} | {_time(seconds)} | {_time(whole)} "
            f"| {math.ceil(whole / HOUR)} | {part.split} |"
        )
    return lines


def _costs(found: Mapping[str, float]) -> list[str]:
    hourly = sum(count * dollars for count, dollars in FARGATE)
    unit = WRITE_UNIT
    stream = 1e6 / found["stream, few regions"] / HOUR * hourly
    return [
        "| a million of | what is paid | US dollars |",
        "| --- | --- | ---: |",
        f"| records | the stream's 2 vCPUs and 4 GB while it works | {stream:.3f} |",
        f"| rows | DynamoDB, transactions: {UNITS_A_ROW} write units a row | {UNITS_A_ROW * unit:.3f} |",
        f"| rows | DynamoDB, if every row were put by itself | {unit:.3f} |",
        f"| messages of one row, each a commit | S3: 5 PUTs a commit | {5 * PUT * 1e6:.2f} |",
    ]


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"
