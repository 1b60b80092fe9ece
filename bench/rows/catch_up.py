"""Row 12: how fast a sink catches up after an outage of its store's side, while the load goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench import data, sinking
from bench.log import Log
from bench.measure import Pairs
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from covid_core import topics

STORE = "rds"
OUTAGE = 60.0
SHARE = 0.5
"""Of the sink's own maximum: the load that goes on."""
LOAD = 50_000
_BEAT = 0.5


def measured(scale: Scale) -> list[Line]:
    """The rate at which a sink that stood still works its backlog off, against its maximum."""
    outage = OUTAGE * scale.work
    loads = sinking.loads(2, scale.of(LOAD, 500))
    with servers() as stack:
        with sinking.sinking(stack, STORE, loads) as arm:
            arm(0)
            most = arm(1)
        rate = _caught_up(stack, most * SHARE, outage)
    return [
        Line(
            what=f"sink {STORE}: backlog of {outage:.0f} s worked off, half its maximum still coming in",
            reference="its maximum",
            unit="rows/s",
            pairs=Pairs((rate,), (most,)),
            goals=(Goal(0.9, at_least=True),),
        )
    ]


def _caught_up(stack: Servers, coming: float, outage: float) -> float:
    """Rows a second that the sink takes from its return until it is level with the log."""
    log, group = Log(stack.kafka), topics.sink_group(STORE)
    with stack.running(stack.sink(STORE)) as pid:
        # Stopped, not killed: what is measured is catching up, not starting.
        os.kill(pid, signal.SIGSTOP)
        try:
            with _load(log, coming) as published:
                time.sleep(outage)
                os.kill(pid, signal.SIGCONT)
                begun = time.perf_counter()
                while True:
                    rows, ends = published()
                    log.until_committed(group, topics.METRICS, ends)
                    if published()[0] - rows <= coming * _BEAT * 4:
                        break
                return rows / (time.perf_counter() - begun)
        finally:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def _load(log: Log, rate: float) -> Iterator[Callable[[], tuple[int, dict[int, int]]]]:
    """Publish so many rows a second until the block ends. What it gives tells how many and up to where."""
    done = threading.Event()
    told: list[tuple[int, dict[int, int]]] = [(0, log.ends(topics.METRICS))]

    def publish() -> None:
        begun, rows, number = time.monotonic(), 0, 0
        while not done.wait(_BEAT):
            due = int((time.monotonic() - begun) * rate) - rows
            if due > 0:
                found = data.rows(due, f"load-{number}")
                rows, number = rows + due, number + 1
                told.append((rows, log.publish(topics.METRICS, data.packed(found))))

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield lambda: told[-1]
    finally:
        done.set()
        thread.join()
