"""Row 14: the same job, by the same code of the core, in other frameworks."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import data, produced, wide
from bench.log import Log
from bench.measure import Arm, Pairs, interleaved
from bench.programs import output, run
from bench.results import Goal, Line
from bench.row import Scale, folder
from bench.rows.stream import CORES, REGIONS
from bench.stack import Servers, broker, cores
from bench.tap import Tap, tapped
from covid_core import topics

RECORDS = 9_000
WARM_RECORDS = 3_000
HISTORY = 1_096
"""Days of Canada's 14 regions that stand behind a new day."""
LAST = dt.date(2024, 12, 31)
OUTPUT = "bench.rows"
EACH_ROUND = 3
SECONDS = 120.0
_ROOT = Path(__file__).parent.parent.parent
PYTHON_OF_PEERS = _ROOT / ".venv-peers" / "bin" / "python"


class Peer(NamedTuple):
    """One framework: its program, the group under which its position is known, who runs it, and how many new
    days it is given in a round."""

    name: str
    module: str
    group: str
    python: str = sys.executable
    path: str = ""
    days: int = EACH_ROUND


PEERS = (
    Peer(
        "Spark foreachBatch that computes everything anew",
        "bench.peers.foreach_batch",
        topics.STREAM_GROUP,
        days=1,  # each takes it many seconds
    ),
    Peer(
        "Quix Streams, its state store",
        "bench.peers.quix",
        "bench-quix",
        python=str(PYTHON_OF_PEERS),
        path=f":{_ROOT / 'services' / 'spark-stream' / 'src'}",
    ),
    Peer("a Faust table", "bench.peers.faust_table", "bench-faust"),
)


class Side(NamedTuple):
    """A broker with who works on it: throughput of a round, and milliseconds of a new day."""

    throughput: Arm
    new_day: Arm


def measured(scale: Scale) -> list[Line]:
    """The stream beside each framework, each on a broker of its own, and beside the script."""
    lines = []
    with folder() as copy:
        codes = wide.codes(REGIONS)
        environment = wide.core(copy, codes)
        count = scale.of(RECORDS, REGIONS)
        with _stream(environment, codes, count) as ours:
            for peer in PEERS:
                with _framework(peer, environment, codes, count) as other:
                    throughput = interleaved(ours.throughput, other.throughput, scale.rounds)
                    days = interleaved(ours.new_day, other.new_day, scale.rounds * peer.days)
                lines += [
                    Line(
                        what=f"stream, {REGIONS:,} regions",
                        reference=peer.name,
                        unit="records/s",
                        pairs=throughput,
                        goals=(Goal(1.0, at_least=True),),
                    ),
                    _day(peer.name, days),
                ]
            script = interleaved(ours.new_day, _script(copy), scale.rounds * EACH_ROUND)
    lines.append(_day("a pandas script over the file, anew", script))
    return lines


def _day(reference: str, pairs: Pairs) -> Line:
    what = "a new day of 14 regions behind 3 years, from publishing to its rows"
    return Line(what=what, reference=reference, unit="ms", pairs=pairs, goals=(Goal(1.0),))


@contextmanager
def _stream(environment: dict[str, str], codes: list[str], count: int) -> Iterator[Side]:
    with (
        broker(**environment) as stack,
        stack.running(stack.stream(**environment, **cores(CORES))),
        _side(stack, topics.STREAM_GROUP, topics.METRICS, codes, count) as side,
    ):
        yield side


@contextmanager
def _framework(peer: Peer, environment: dict[str, str], codes: list[str], count: int) -> Iterator[Side]:
    if not Path(peer.python).exists():
        raise FileNotFoundError(f"{peer.python} is missing: run `make peers`")
    own = {**environment, "PYTHONPATH": environment["PYTHONPATH"] + peer.path}
    with broker(**own) as stack:
        Log(stack.kafka).create(OUTPUT)
        arguments = (OUTPUT, str(stack.home / "state"))
        log = stack.home / "peer.log"
        with run(peer.module, *arguments, environment=stack.environment, log=log, python=peer.python):
            try:
                with _side(stack, peer.group, OUTPUT, codes, count) as side:
                    yield side
            except TimeoutError as error:
                raise TimeoutError(f"{peer.name}: {error}; {log.read_text()[-1500:]}") from error


@contextmanager
def _side(stack: Servers, group: str, rows: str, codes: list[str], count: int) -> Iterator[Side]:
    log = Log(stack.kafka)
    sources = (f"round-{number}" for number in itertools.count())

    def publish(messages: list[tuple[str, bytes]]) -> None:
        log.until_committed(group, topics.RECORDS, log.publish(topics.RECORDS, messages))
        if refused := sum(log.ends(topics.RECORDS_DLQ).values()):
            raise ValueError(f"{refused:,} records were refused: their rows are not part of the work")

    def throughput(number: int) -> float:
        # Of a source of its own, whoever it is measured against: what is said twice is no work.
        messages = list(data.records(count, next(sources), codes))
        begun = time.perf_counter()
        publish(messages)
        return count / (time.perf_counter() - begun)

    first = LAST - dt.timedelta(HISTORY - 1)
    publish(list(data.records(HISTORY * len(data.CANADA), "phac", data.CANADA, first)))
    publish(list(data.records(WARM_RECORDS, "warm", codes)))
    with tapped(stack, rows) as tap:
        yield Side(throughput, _new_day(log, group, tap))
    produced.require(log, rows)


def _new_day(log: Log, group: str, tap: Tap) -> Arm:
    later = itertools.count(1)

    def arm(number: int) -> float:
        after = next(later)
        day = LAST + dt.timedelta(after)
        messages = [(code, data.record("phac", code, day, 10**9 + after)) for code in data.CANADA]
        tap.skip()
        begun = time.perf_counter()
        ends = log.publish(topics.RECORDS, messages)
        tap.wait(data.CANADA, day.isoformat())
        seconds = time.perf_counter() - begun
        # Whoever is next has the processors for itself.
        log.until_committed(group, topics.RECORDS, ends)
        return seconds * 1e3

    return arm


def _script(here: Path) -> Arm:
    """Milliseconds of a whole run of the script, over a file of the same history."""
    source = here / "records.csv"
    first = LAST - dt.timedelta(HISTORY - 1)
    with source.open("w", encoding="utf-8") as file:
        file.write("region,date,confirmed,deaths,recovered,tests\n")
        for code in data.CANADA:
            for number, day in enumerate(data.days(HISTORY, first), start=1):
                total = number * 1000
                file.write(f"{code},{day},{total},{total // 50},{total // 2},{total * 20}\n")

    def arm(number: int) -> float:
        begun = time.perf_counter()
        output(
            "bench.peers.pandas_script",
            str(source),
            str(here / "rows.parquet"),
            environment={},
            seconds=SECONDS,
        )
        return (time.perf_counter() - begun) * 1e3

    return arm
