"""Row 8: all rows out of the archive, by Spark and by a DuckDB script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from bench import publishers
from bench.log import Log
from bench.measure import Arm, interleaved
from bench.results import Goal, Line
from bench.row import Scale
from bench.served import Ask, asked
from bench.stack import Servers, servers
from covid_cli.batch.spark import own_jvm
from covid_core import topics
from covid_core.settings import IcebergSettings, S3Settings
from covid_process.topic import messages, place
from covid_sinks.contract import Message
from covid_sinks.iceberg.archive import IcebergArchive
from covid_sinks.iceberg.lake import Lake
from covid_sinks.log import Log as SinkLog
from covid_stream.generation import Control

COLD, WARM = {"CA": 20.0, "all": 5.0}, {"CA": 3.0, "all": 2.0}
NAMES = {"CA": "Canada", "all": "the world"}
CHUNK = 20_000
SECONDS = 900.0
_SCRIPT, _SESSION = "bench.programs.duckdb_rows", "bench.programs.warm_backfill"


def measured(scale: Scale) -> list[Line]:
    """A whole run each, and one within a session that is there already."""
    return [line for countries in NAMES for line in _of(countries, scale)]


def _of(countries: str, scale: Scale) -> list[Line]:
    with servers() as stack:
        Control(stack.kafka).settle()
        publishers.publish(stack, countries)
        archived = _archive(stack)
        script = asked(_SCRIPT, environment=stack.environment, log=stack.home / "duckdb.log")
        job = asked(_SESSION, environment={**_settings(stack), **own_jvm()}, log=stack.home / "session.log")
        with script as ask_script, job as ask_job:
            same = ask_script(None)["rows"], ask_job(None)["rows"]
            if same[0] != same[1]:
                raise ValueError(f"the script gives {same[0]:,} rows, the backfill {same[1]:,}")
            warm = interleaved(_asking(ask_job), _asking(ask_script), scale.rounds)
        cold = interleaved(_cold_job(stack), _cold_script(stack), scale.rounds)
    what = f"backfill of {NAMES[countries]}, {archived:,} archived records to {same[0]:,} rows"
    reference = "DuckDB script from the same archive to the same rows as Parquet"
    return [
        Line(what=f"{what}, cold", reference=reference, unit="s", pairs=cold, goals=(Goal(COLD[countries]),)),
        Line(
            what=f"{what}, in a session",
            reference=f"{reference}, in a running process",
            unit="s",
            pairs=warm,
            goals=(Goal(WARM[countries]),),
        ),
    ]


def _archive(stack: Servers) -> int:
    """Put the log into the archive, as the sink `s3` does; returns how many messages."""
    lake = Lake(stack.settings(IcebergSettings), stack.settings(S3Settings))
    archive = IcebergArchive(lake, lambda: SinkLog(stack.kafka).topic_id(topics.RECORDS))
    archive.open()
    found = _messages(stack)
    total = 0
    while chunk := list(islice(found, CHUNK)):
        total += archive.append(chunk)
    archive.close()
    return total


def _messages(stack: Servers) -> Iterator[Message]:
    ends = Log(stack.kafka).ends(topics.RECORDS)
    for message in messages(stack.kafka, topics.RECORDS, dict.fromkeys(ends, 0), ends):
        partition, offset = place(message)
        key: Any = message.key()
        headers: Any = message.headers() or ()
        yield Message(
            topics.RECORDS, partition, offset, message.timestamp()[1], key, message.value(), headers
        )


def _asking(ask: Ask) -> Arm:
    return lambda number: float(ask(None)["seconds"])


def _cold_script(stack: Servers) -> Arm:
    def arm(number: int) -> float:
        begun = time.perf_counter()
        with asked(_SCRIPT, environment=stack.environment, log=stack.home / "duckdb.log") as ask:
            ask(None)
        return time.perf_counter() - begun

    return arm


def _cold_job(stack: Servers) -> Arm:
    def arm(number: int) -> float:
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "covid_batch.backfill", "metrics"],
            env={**os.environ, **_settings(stack), **own_jvm()},
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        seconds = time.perf_counter() - begun
        if done.returncode or not re.search(r"rows of [\d,]+ regions published", done.stdout):
            raise RuntimeError(f"the backfill ended with {done.returncode}: {done.stderr[-2000:]}")
        return seconds

    return arm


def _settings(stack: Servers) -> dict[str, str]:
    """Without what is for the streaming job's own JVM, as `covid backfill` has it."""
    return {name: value for name, value in stack.environment.items() if name.startswith("COVID_")}
