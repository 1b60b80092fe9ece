"""Seconds from a POST until each store shows the row, on a running stack.

    .venv/bin/python -m bench.latency [--home DIR] [--posts 100]

Posts one record at a time and polls all four stores with their ordinary clients, each in a thread of its own;
a store's own read time is part of the figure.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.stores import Reader
from tests.e2e.system import System

GIVE_UP = 60.0
PAUSE = 0.5
"""Between two posts: each has the machine for itself."""
POLL = 0.05


def measure(system: System, posts: int) -> dict[str, list[float]]:
    """Seconds of each post until it stood in each store, and in all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in (*system.stores, "all four")}
    source = f"latency-{uuid.uuid4().hex[:8]}"
    with system.api() as api, ThreadPoolExecutor(len(system.stores)) as pool:
        for i in range(posts):
            record = {"source": source, "region": "CA-ON", "date": "2021-01-02", "confirmed": i}
            started = time.perf_counter()
            api.post("/v1/records", json=record).raise_for_status()
            arrivals = {
                name: pool.submit(until_shown, read, source, i, started)
                for name, read in system.stores.items()
            }
            found = {name: arrival.result() for name, arrival in arrivals.items()}
            for name, value in {**found, "all four": max(found.values())}.items():
                seconds[name].append(value)
            time.sleep(PAUSE)
    return seconds


def until_shown(read: Reader, source: str, confirmed: int, started: float) -> float:
    """Seconds from `started` until the store shows the value."""
    while time.perf_counter() - started < GIVE_UP:
        row = read(source, "CA-ON", "2021-01-02")
        if row is not None and row.get("confirmed") == confirmed:
            return time.perf_counter() - started
        time.sleep(POLL)
    raise TimeoutError(f"not shown within {GIVE_UP:.0f} s")


def percentile(values: Sequence[float], percent: int) -> float:
    """A percentile of the values, by linear interpolation."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Print p50, p95 and the extremes."""
    parser = argparse.ArgumentParser(description="Seconds from a POST until each store shows the row.")
    parser.add_argument("--home", type=Path, default=Path("~/.covid-tracker").expanduser())
    parser.add_argument("--posts", type=int, default=100)
    options = parser.parse_args()
    system = System.running(options.home)
    print(f"{options.posts} posts, seconds from POST until the row is shown")
    print(f"{'store':<10} {'p50':>6} {'p95':>6} {'min':>6} {'max':>6}")
    for name, values in measure(system, options.posts).items():
        figures = (percentile(values, 50), percentile(values, 95), min(values), max(values))
        print(f"{name:<10} " + " ".join(f"{figure:>6.2f}" for figure in figures))


if __name__ == "__main__":
    main()
