"""What a process answers to probes and to Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from covid_process import probes


@dataclass
class State:
    alive: bool = True
    ready: bool = True


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def client(state: State) -> Iterator[httpx.Client]:
    registry = CollectorRegistry()
    Counter("seen", "of this test", registry=registry).inc(3)
    server = probes.serve(
        "127.0.0.1", 0, alive=lambda: state.alive, ready=lambda: state.ready, registry=registry
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as client:
        yield client
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("alive", "ready", "healthz", "readyz"),
    [(True, True, 200, 200), (True, False, 200, 503), (False, True, 503, 503), (False, False, 503, 503)],
)
def test_ready_is_more_than_alive(
    client: httpx.Client, state: State, alive: bool, ready: bool, healthz: int, readyz: int
) -> None:
    state.alive, state.ready = alive, ready
    assert client.get("/healthz").status_code == healthz
    assert client.get("/readyz").status_code == readyz


def test_figures_in_prometheus_own_format(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert "seen_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_nothing_else_is_there(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
