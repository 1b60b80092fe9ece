"""Row 11: `covid up`, from nothing to all rows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from typing import NamedTuple

import psutil

from bench import sinking
from bench.measure import Pairs
from bench.results import Goal, Line
from bench.row import Scale, folder
from bench.rows.dynamodb import loop
from bench.stack import servers
from bench.watching import watched
from covid_cli import settings
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.stack import Stack
from covid_cli.status.collect import memory
from covid_core import topics
from covid_producer.generator import write

LOOP_ROWS = 5_000
SECONDS = 600
_LOOK = 2.0
_SLOW = 0.7
"""Of the slowest server's time: a server that took less in the first round is not started in later ones."""
_TIMES = re.compile(r"^(\w+): ([\d,]+) rows, the first after (\d+) s, all after (\d+) s")


class Start(NamedTuple):
    """Of one start: seconds after which each store had its first and all rows, how many, and GiB at most."""

    first: dict[str, float]
    complete: dict[str, float]
    rows: int
    gib: float

    @property
    def all_but_dynamodb(self) -> float:
        """Seconds until every store but DynamoDB Local had all rows."""
        return max(seconds for name, seconds in self.complete.items() if name != "dynamodb")

    @property
    def all(self) -> float:
        """Seconds until every store had all rows."""
        return max(self.complete.values())


def measured(scale: Scale) -> list[Line]:
    """Starts from empty folders, each followed by the servers' own and by the bare loop."""
    starts: list[Start] = []
    slowest: list[float] = []
    loops: list[float] = []
    alone: list[float] = []
    slow: set[str] = set()
    for _ in range(scale.rounds):
        starts.append(_start())
        seconds = _each_alone(slow)
        slowest.append(max(seconds.values()))
        slow = slow or {name for name in seconds if seconds[name] > slowest[0] * _SLOW}
        rate, gib = _loop()
        loops.append(starts[-1].rows / rate)
        alone.append(gib)
    filling = [one.complete["dynamodb"] - min(one.first.values()) for one in starts]
    server, bare = "the slowest server's own start", "row 1's bare loop, as many rows"
    return [
        _line(
            "covid up to the first row in a store",
            server,
            [min(s.first.values()) for s in starts],
            slowest,
            25,
        ),
        _line(
            f"covid up to all {starts[0].rows:,} rows, without DynamoDB Local",
            server,
            [s.all_but_dynamodb for s in starts],
            slowest,
            60,
        ),
        _line(
            f"covid up to all {starts[0].rows:,} rows in all stores", server, [s.all for s in starts], slowest
        ),
        Line(
            what="covid up, from the first row to all rows in DynamoDB Local",
            reference=bare,
            unit="s",
            pairs=Pairs(tuple(filling), tuple(loops)),
            goals=(Goal(1.2),),
        ),
        Line(
            what="covid up, most memory (PSS) of all its processes",
            reference="the servers alone",
            unit="GiB",
            pairs=Pairs(tuple(s.gib for s in starts), tuple(alone)),
            goals=(Goal(4, of="ours"),),
        ),
    ]


def _line(
    what: str, reference: str, ours: list[float], other: list[float], bound: float | None = None
) -> Line:
    pairs = Pairs(tuple(ours), tuple(other))
    goals = () if bound is None else (Goal(bound, of="ours"),)
    return Line(what=what, reference=reference, unit="s", pairs=pairs, goals=goals)


def _start() -> Start:
    """One `covid up` with invented files, which everybody has, until it serves."""
    with folder() as home:
        write(home / "files")
        argv = [sys.executable, "-u", "-m", "covid_cli", "up", "--home", str(home / "home"), "--port", "0"]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*argv, "--data", str(home / "files")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            text=True,
            start_new_session=True,
        )
        said: list[str] = []
        family = psutil.Process(process.pid)
        # Killed, it says no more, and the line that is waited for is missing.
        deadline = threading.Timer(SECONDS, process.kill)
        deadline.start()
        seconds = 0.0
        try:
            with watched(lambda: memory(family), _LOOK) as held:
                assert process.stdout is not None
                for line in process.stdout:
                    said.append(line.rstrip())
                    if line.startswith("Verifying"):
                        seconds = time.perf_counter() - begun
                        break
        finally:
            deadline.cancel()
            process.send_signal(signal.SIGTERM)
            if process.stdout is not None:
                process.stdout.read()
            process.wait(SECONDS)
        return _parsed(said, seconds, max(held) / 2**30)


def _parsed(said: list[str], seconds: float, gib: float) -> Start:
    """What `covid up` told, from the start of its process on. Raises `ValueError` when it did not come to its
    end.

    `seconds`: until it verified, which is at once when the last row is there. Its own clock starts when
    Python has started, and tells whole seconds.
    """
    found = [match for line in said if (match := _TIMES.match(line))]
    if len(found) != len(topics.SINKS):
        raise ValueError("covid up said: " + "\n".join(said[-20:]))
    before = max(0.0, seconds - max(float(match[4]) for match in found))
    return Start(
        first={match[1]: before + float(match[3]) for match in found},
        complete={match[1]: before + float(match[4]) for match in found},
        rows=max(int(match[2].replace(",", "")) for match in found),
        gib=gib,
    )


def _each_alone(names: Collection[str]) -> dict[str, float]:
    """Seconds of each of these servers, all if none is named, each started with nothing else."""
    with folder() as home:
        stack = Stack(home, settings.read(), fresh(DEFAULTS))
        try:
            stack.prepare(lambda size: lambda received: None)
            seconds = {}
            for watched in stack.supervisor.add(stack.servers):
                if names and watched.part.name not in names:
                    continue
                stack.supervisor.start([watched.part.name])
                seconds[watched.part.name] = watched.seconds or 0.0
                watched.ask_to_stop()
                watched.end(time.monotonic() + watched.part.stop_seconds)
            return seconds
        finally:
            stack.stop()


def _loop() -> tuple[float, float]:
    """Rows a second of the bare loop, and GiB of the servers before it begins."""
    loads = sinking.loads(1, LOOP_ROWS)
    with servers() as stack:
        gib = sum(memory(child) for child in psutil.Process().children()) / 2**30
        with loop(stack, loads) as bare:
            return bare(0), gib
