"""Row 7: from a POST until all four stores show the row."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.measure import Pairs, percentile
from bench.programs import run
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import everything
from covid_cli.stack.ports import HOST
from tests.e2e.stores import Reader
from tests.e2e.system import System

POSTS = 12
"""Of each round."""
GIVE_UP = 60.0
PAUSE = 0.5
"""Between two posts: each has the machine for itself."""
POLL = 0.05
REGION, DATE = "CA-ON", "2021-01-02"
_ALL = "all four stores"
INPUT, OUTPUT, ECHO = "bench.input", "bench.output", "bench.echo"


def measured(scale: Scale) -> list[Line]:
    """Each post, each with a record through a query that only copies, and through the broker alone."""
    each, source = scale.of(POSTS, 2), f"latency-{uuid.uuid4().hex[:8]}"
    posts = scale.rounds * each
    ours: dict[str, list[float]] = {}
    copied: list[float] = []
    echoed: list[float] = []
    with everything() as stack, _copying(stack.home, stack.state.environment, stack.state.ports) as through:
        system = System.running(stack.home)
        with system.api() as api, ThreadPoolExecutor(len(system.stores)) as pool:
            for i in range(posts + 1):
                found = _post(api, pool, system.stores, source, i)
                time.sleep(PAUSE)
                times = through(INPUT, OUTPUT), through(ECHO, ECHO)
                if not i:
                    continue  # the first of all meets cold processes
                for name, seconds in {**found, _ALL: max(found.values())}.items():
                    ours.setdefault(name, []).append(seconds)
                copied.append(times[0])
                echoed.append(times[1])
    rounds = partial(_rounds, each)
    trigger = "one trigger of a query that only copies, from Kafka to Kafka"
    lines = [
        Line(
            what=f"POST to {name}, p50",
            reference=f"{trigger}, p50",
            unit="s",
            pairs=Pairs(rounds(seconds, 50), rounds(copied, 50)),
            goals=(Goal(0.9, of="ours"),) if name == _ALL else (),
        )
        for name, seconds in ours.items()
    ]
    return [
        *lines,
        Line(
            what=f"POST to {_ALL}, p95",
            reference=f"{trigger}, p95",
            unit="s",
            pairs=Pairs(rounds(ours[_ALL], 95), rounds(copied, 95)),
            goals=(Goal(2.0, of="ours"),),
        ),
        Line(
            what=f"POST to {_ALL}, p50",
            reference="round trip of the broker, p50",
            unit="s",
            pairs=Pairs(rounds(ours[_ALL], 50), rounds(echoed, 50)),
        ),
    ]


def _rounds(each: int, seconds: Sequence[float], percent: int) -> tuple[float, ...]:
    """A percentile of each round of so many posts."""
    starts = range(0, len(seconds), each)
    return tuple(percentile(seconds[start : start + each], percent) for start in starts)


def _post(
    api: Any, pool: ThreadPoolExecutor, stores: dict[str, Reader], source: str, count: int
) -> dict[str, float]:
    """Seconds from a POST until each store shows it to its ordinary client, whose reading is part of it."""
    time.sleep(PAUSE)
    record = {"source": source, "region": REGION, "date": DATE, "confirmed": count}
    begun = time.perf_counter()
    api.post("/v1/records", json=record).raise_for_status()
    arrivals = {name: pool.submit(_until_shown, read, source, count, begun) for name, read in stores.items()}
    return {name: arrival.result() for name, arrival in arrivals.items()}


def _until_shown(read: Reader, source: str, confirmed: int, begun: float) -> float:
    while time.perf_counter() - begun < GIVE_UP:
        row = read(source, REGION, DATE)
        if row is not None and row.get("confirmed") == confirmed:
            return time.perf_counter() - begun
        time.sleep(POLL)
    raise TimeoutError(f"not shown within {GIVE_UP:.0f} s")


@contextmanager
def _copying(
    home: Path, environment: dict[str, str], ports: dict[str, int]
) -> Iterator[Callable[[str, str], float]]:
    """What it gives sends a message into one topic and returns the seconds until it comes out of another."""
    connection: dict[str, Any] = {"bootstrap.servers": f"{HOST}:{ports['kafka']}", "log_level": 0}
    admin = AdminClient(connection)  # kept: its end would be that of what it was asked
    for future in admin.create_topics([NewTopic(t, 1, 1) for t in (INPUT, OUTPUT, ECHO)]).values():
        future.result()
    producer = Producer({**connection, "linger.ms": 0})
    consumer = Consumer(
        {**connection, "group.id": "bench-latency", "auto.offset.reset": "earliest", "fetch.wait.max.ms": 5}
    )
    consumer.subscribe([OUTPUT, ECHO])

    def through(source: str, target: str) -> float:
        mark = uuid.uuid4().hex.encode()
        begun = time.perf_counter()
        producer.produce(source, mark)
        producer.flush(GIVE_UP)
        while time.perf_counter() - begun < GIVE_UP:
            message = consumer.poll(1)
            if message is not None and message.topic() == target and message.value() == mark:
                return time.perf_counter() - begun
        raise TimeoutError(f"nothing came out of {target} within {GIVE_UP:.0f} s")

    with run(
        "bench.programs.copy_job",
        INPUT,
        OUTPUT,
        str(home / "copy"),
        environment=environment,
        log=home / "copy.log",
    ):
        through(INPUT, OUTPUT)  # until it has started
        yield through
    consumer.close()
