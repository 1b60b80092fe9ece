"""Row 10: an export of 100,000 rows in each format, against pyarrow writing the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import psutil

from bench import data
from bench.measure import Arm, Pairs, interleaved
from bench.results import Goal, Line
from bench.row import Scale
from bench.served import Ask, asked
from bench.stack import Servers, servers
from bench.table import filled
from bench.watching import watched
from covid_cli.stack.ports import HOST
from covid_core.environment import variable
from covid_core.settings import ApiSettings, DynamoSettings

COUNT = 100_000
SMALL = 10_000
FORMATS = ("json", "ndjson", "csv", "parquet")
WRITER = {"csv": "pyarrow", "parquet": "pyarrow", "json": "msgspec", "ndjson": "msgspec"}
"""pyarrow has no writer of JSON."""
_BIG, _FEW = "phac", "jhu"
_PATIENCE = 300.0
_LOOK = 0.02


def measured(scale: Scale) -> list[Line]:
    """Seconds until the last byte; and what the service takes in memory meanwhile."""
    lines = []
    with servers() as stack:
        rows = data.rows(scale.of(COUNT, 14), _BIG)
        few = scale.of(SMALL, 14)
        filled(stack, [*rows, *data.rows(few, _FEW)])
        with (
            stack.running(stack.api(**{variable(ApiSettings, "rate"): "0"})) as pid,
            asked(
                "bench.programs.bare_export",
                stack.settings(DynamoSettings).table,
                environment=stack.environment,
                log=stack.home / "bare_export.log",
            ) as ask,
        ):
            memory = psutil.Process(pid).memory_info
            held = _few(stack, memory)
            for name in FORMATS:
                most: list[float] = []
                ours = _ours(stack, memory, name, most)
                pairs = interleaved(ours, _bare(ask, name, str(stack.home)), scale.rounds)
                lines += [
                    Line(
                        what=f"API: export of {len(rows):,} rows as {name}",
                        reference=f"the same rows from DynamoDB, written by {WRITER[name]}",
                        unit="s",
                        pairs=pairs,
                        goals=(Goal(1.5),),
                    ),
                    Line(
                        what=f"API: memory while it exports {len(rows):,} rows as {name}",
                        reference=f"while it exports {few:,} rows",
                        unit="MiB",
                        pairs=Pairs((max(most),), (held[name],)),
                        goals=(Goal(1.2),),
                    ),
                ]
    return lines


def _ours(stack: Servers, memory: Callable[[], Any], name: str, most: list[float]) -> Arm:
    """What the service took at most goes to `most`: five exports may not take more than one."""

    def arm(number: int) -> float:
        seconds, mib = _watched(stack, memory, _BIG, name)
        most.append(mib)
        return seconds

    return arm


def _bare(ask: Ask, name: str, folder: str) -> Arm:
    question = {"source": _BIG, "regions": list(data.CANADA), "format": name, "folder": folder}
    return lambda number: float(ask(question))


def _exported(stack: Servers, source: str, name: str) -> float:
    """Seconds until the last byte of an export of all rows of a source."""
    connection = HTTPConnection(HOST, stack.ports["api"], timeout=_PATIENCE)
    begun = time.perf_counter()
    connection.request("GET", f"/v1/metrics?source={source}&format={name}")
    answer = connection.getresponse()
    while answer.read(1 << 16):
        pass
    seconds = time.perf_counter() - begun
    if answer.status != 200:
        raise ValueError(f"the export answered {answer.status}")
    connection.close()
    return seconds


def _few(stack: Servers, memory: Callable[[], Any]) -> dict[str, float]:
    """MiB while few rows are exported, by format.

    Before any export of many: what a process has had, it does not all give back. Each format once before:
    what its first use loads (for Parquet pyarrow, which loads pandas where there is one, 90 MB together)
    stays, whatever the number of rows.
    """
    for name in FORMATS:
        _exported(stack, _FEW, name)
    return {name: _watched(stack, memory, _FEW, name)[1] for name in FORMATS}


def _watched(stack: Servers, memory: Callable[[], Any], source: str, name: str) -> tuple[float, float]:
    """Seconds of an export, and the most MiB that were resident meanwhile."""
    with watched(lambda: memory().rss / 2**20, _LOOK) as resident:
        seconds = _exported(stack, source, name)
    return seconds, max(resident)
