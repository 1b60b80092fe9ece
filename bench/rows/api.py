"""Row 9: the API's answers, against bare Starlette with the same call to DynamoDB."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import NamedTuple

from bench import data
from bench.measure import Pairs, interleaved, percentile
from bench.programs import run
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from bench.table import filled
from covid_cli.stack.part import answers
from covid_cli.stack.ports import HOST, fresh
from covid_core.environment import variable
from covid_core.settings import ApiSettings, DynamoSettings

REQUESTS = 300
CLIENTS = 8
SOURCE = "phac"
QUESTIONS = {
    "one metrics query, 60 rows": f"/v1/metrics?source={SOURCE}&region=CA-ON&from=2020-02-01&to=2020-03-31",
    "one record": f"/v1/records?id={SOURCE}:CA-ON:2020-03-01",
}
_PATIENCE = 30.0


class Figures(NamedTuple):
    """Of a round: milliseconds of one client's requests in turn, and requests a second of all clients."""

    p50: float
    p99: float
    rate: float


def measured(scale: Scale) -> list[Line]:
    """Median and 99th percentile of one client, and requests a second of eight."""
    with servers() as stack:
        filled(stack, data.rows(14 * 400, SOURCE))
        port = fresh(["bare"])["bare"]
        limits = {variable(ApiSettings, "rate"): "0"}
        bare = run(
            "bench.programs.bare_api",
            str(port),
            stack.settings(DynamoSettings).table,
            environment=stack.environment,
            log=stack.home / "bare_api.log",
        )
        with stack.running(stack.api(**limits)), bare:
            _until(answers(f"http://{HOST}:{port}/nothing", status=404))
            return [
                line for name, path in QUESTIONS.items() for line in _lines(stack, port, name, path, scale)
            ]


def _lines(stack: Servers, port: int, name: str, path: str, scale: Scale) -> list[Line]:
    ours: list[Figures] = []
    bare: list[Figures] = []
    count = scale.of(REQUESTS, CLIENTS)

    def arm(found: list[Figures], at: int) -> Callable[[int], float]:
        _asked(at, path, CLIENTS * 4)

        def measure(number: int) -> float:
            found.append(_figures(at, path, count))
            return found[-1].p50

        return measure

    p50 = interleaved(arm(ours, stack.ports["api"]), arm(bare, port), scale.rounds)
    reference = "bare Starlette and the same call to DynamoDB"
    p99 = Pairs(tuple(one.p99 for one in ours), tuple(one.p99 for one in bare))
    rate = Pairs(tuple(one.rate for one in ours), tuple(one.rate for one in bare))
    return [
        Line(what=f"API: {name}, p50", reference=reference, unit="ms", pairs=p50, goals=(Goal(1.3),)),
        Line(what=f"API: {name}, p99", reference=reference, unit="ms", pairs=p99, goals=(Goal(1.5),)),
        Line(what=f"API: {name}, {CLIENTS} clients", reference=reference, unit="requests/s", pairs=rate),
    ]


def _figures(port: int, path: str, count: int) -> Figures:
    alone = _asked(port, path, count)
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: _asked(port, path, count // CLIENTS), range(CLIENTS)))
    rate = count / (time.perf_counter() - begun)
    return Figures(statistics.median(alone), percentile(alone, 99), rate)


def _asked(port: int, path: str, count: int) -> list[float]:
    """Milliseconds of each of so many requests over one connection. Raises `ValueError` but for 200."""
    connection = HTTPConnection(HOST, port, timeout=_PATIENCE)
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        found.append((time.perf_counter() - begun) * 1e3)
        if answer.status != 200:
            raise ValueError(f"{path} answered {answer.status}")
    connection.close()
    return found


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not start within {_PATIENCE:.0f} s")
        time.sleep(0.1)
