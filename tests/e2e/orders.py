"""Every vintage, published file by file in random orders, each into a stack of its own: the same four stores.

    python -m tests.e2e.orders DATA [SEED …]

Takes minutes an order, so the suite checks the same on the core alone
(`tests/unit/core/test_published_data.py`).
Exits 1 when a verification fails or two orders end with different rows in a store.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from covid_core.rows import COLUMNS, ColumnType
from tests.e2e.stores import tables
from tests.e2e.system import System

POSITIONS = frozenset({"revision", "generation", "lineage"})
"""Columns that say where in the log a row came from, which the order decides."""
_READ = {
    ColumnType.STRING: str,
    ColumnType.DATE: str,
    ColumnType.INT64: int,
    ColumnType.FLOAT64: lambda value: repr(float(value)),
    ColumnType.BOOL: bool,
}


def vintages(data: Path) -> list[Path]:
    """What is published at once: each PHAC file, each folder of JHU's three."""
    series = {path.parent for path in data.rglob("time_series_covid19_*_global.csv")}
    return sorted([*data.rglob("covid19-download_*.csv"), *series])


def publish(system: System, vintage: Path) -> None:
    """Publish one vintage: of a folder only its own files, not those below."""
    files = sorted(vintage.glob("*.csv")) if vintage.is_dir() else [vintage]
    done = system.covid("publish", *map(str, files), seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr


def digest(rows: Iterable[Mapping[str, Any]]) -> tuple[int, str]:
    """How many rows, and a hash of what they say."""
    columns = [column for column in COLUMNS if column.name not in POSITIONS]
    lines = sorted(
        "|".join(
            "" if row.get(column.name) is None else f"{_READ[column.type](row[column.name])}"
            for column in columns
        )
        for row in rows
    )
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def run(data: Path, seed: int) -> dict[str, tuple[int, str]]:
    """One order; what each store holds after it."""
    order = vintages(data)
    random.Random(seed).shuffle(order)
    with tempfile.TemporaryDirectory(prefix="covid-order-", ignore_cleanup_errors=True) as home:
        system = System(Path(home), data)
        started = time.monotonic()
        try:
            system.up("--no-publish")
            for vintage in order:
                publish(system, vintage)
            code, report = system.verify()
            assert code == 0, report
            found = {name: digest(rows()) for name, rows in tables(system.status()["stores"]).items()}
        finally:
            system.covid("down")
    print(
        f"seed {seed}, {time.monotonic() - started:.0f} s:", *[v.relative_to(data) for v in order], sep="\n  "
    )
    for name, (count, hashed) in found.items():
        print(f"  {name:<9} {count:,} rows, {hashed}", flush=True)
    return found


def main() -> int:
    """All orders; 1 when two of them differ."""
    data, seeds = Path(sys.argv[1]).absolute(), [int(seed) for seed in sys.argv[2:]] or [1, 2, 3]
    found = [run(data, seed) for seed in seeds]
    equal = len({held for order in found for held in order.values()}) == 1
    print("the same rows in every store after every order" if equal else "DIFFERENT")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
