"""How fast each sink's adapter is: rows a second of the first load, seconds of one row.

    COVID_…=… python -m bench.sinks [dynamodb rds redshift s3]

Settings as for the sinks (`covid status --json` of a running stack names them). Tables of its own, which
stay. DynamoDB is measured twice: in transactions of 100 conditional puts, and with every put by itself.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from covid_core.rows import Row
from covid_core.settings import (
    DynamoSettings,
    IcebergSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
    load,
)
from covid_sinks import dynamodb
from covid_sinks.contract import Sink
from covid_sinks.iceberg.lake import Lake
from covid_sinks.iceberg.metrics import IcebergSink
from covid_sinks.sql.build import rds, redshift

PROVINCES = "AB BC MB NB NL NS NT NU ON PE QC SK YT XR XD XG"
REGIONS = ["CA", *(f"CA-{code}" for code in PROVINCES.split())]
SOURCES = ("phac", "phac-weekly", "jhu", "merged")
DAYS = 809
BATCH = 25_000
"""Rows the runner gives in one write: 50 messages of 500."""


def environ() -> dict[str, str]:
    """The settings, with tables of this run's own."""
    name = f"bench_{uuid.uuid4().hex[:10]}"
    tables = {f"COVID_{store}_TABLE": name + store.lower() for store in ("DYNAMODB", "RDS", "REDSHIFT")}
    return {**os.environ, **tables, "COVID_ICEBERG_NAMESPACE": name}


def read(path: str) -> str:
    return Path(path).read_text()


def row(rng: random.Random, source: str, region: str, date: dt.date, revision: int) -> Row:
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


def measure(name: str, sink: Sink, rows: list[Row]) -> None:
    """Load `rows`, then 100 single rows, and print."""
    sink.open()
    started = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        sink.write(rows[start : start + BATCH])
    seconds = time.perf_counter() - started
    rng, single = random.Random(2), []
    for revision in range(2, 102):
        one = [row(rng, "phac", rng.choice(REGIONS), dt.date(2022, 4, 9), revision)]
        started = time.perf_counter()
        sink.write(one)
        single.append(time.perf_counter() - started)
    sink.close()
    p50, p95 = statistics.median(single) * 1e3, statistics.quantiles(single, n=20)[-1] * 1e3
    rate = len(rows) / seconds
    print(f"{name:22} {rate:8,.0f} rows/s   one row p50 {p50:5.0f} ms, p95 {p95:5.0f} ms")


def sinks(stores: list[str]) -> Iterator[tuple[str, Sink]]:
    """The adapters to measure."""
    if "dynamodb" in stores:
        settings = load(DynamoSettings, environ(), read)
        yield "dynamodb, transactions", dynamodb.DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
        alone = load(DynamoSettings, environ(), read)
        yield "dynamodb, single puts", dynamodb.DynamoSink(alone, lambda: dt.datetime.now(dt.UTC), chunk=1)
    if "rds" in stores:
        yield "rds", rds(load(RdsSettings, environ(), read))
    if "redshift" in stores:
        yield "redshift", redshift(load(RedshiftSettings, environ(), read), load(S3Settings, environ(), read))
    if "s3" in stores:
        lake = Lake(load(IcebergSettings, environ(), read), load(S3Settings, environ(), read))
        yield "s3", IcebergSink(lake)


def main() -> None:
    rng = random.Random(1)
    days = [dt.date(2020, 1, 22) + dt.timedelta(day) for day in range(DAYS)]
    rows = [row(rng, source, region, day, 1) for region in REGIONS for source in SOURCES for day in days]
    for name, sink in sinks(sys.argv[1:] or ["dynamodb", "rds", "redshift", "s3"]):
        measure(name, sink, rows if "single" not in name else rows[:10_000])


if __name__ == "__main__":
    main()
