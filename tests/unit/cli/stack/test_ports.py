"""Ports: the wanted one where it is free, another where it is taken, and that is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from covid_cli.errors import UserError
from covid_cli.stack import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def nobody(name: str, wanted: int, chosen: int) -> None:
    raise AssertionError(f"{name} was told")


def test_a_free_port_is_kept() -> None:
    wanted = ports.fresh(["kafka", "api"])
    assert ports.choose(wanted, nobody) == wanted


def test_a_taken_port_is_replaced_and_told(taken: int) -> None:
    told: list[tuple[str, int, int]] = []
    chosen = ports.choose({"api": taken}, lambda *words: told.append(words))
    assert chosen["api"] != taken
    assert ports.is_free(chosen["api"])
    assert told == [("api", taken, chosen["api"])]


def test_for_zero_any_free_port_is_chosen() -> None:
    def nobody(name: str, port: int, chosen: int) -> None:
        raise AssertionError(f"{name} was not taken")

    chosen = ports.choose({"api": 0}, nobody)["api"]
    assert chosen
    assert ports.is_free(chosen)


def test_a_port_taken_on_every_address_is_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_waiting_ends_when_the_last_port_is_free_or_the_time_is_over() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    ports.until_free([port], 0.1)
    assert not ports.is_free(port)
    closing = threading.Timer(0.2, server.close)
    closing.start()
    ports.until_free([port], 30)
    assert ports.is_free(port)
    closing.join()


def test_two_names_never_share_a_port() -> None:
    port = ports.fresh(["x"])["x"]
    chosen = ports.choose({"a": port, "b": port}, lambda *words: None)
    assert chosen["a"] == port
    assert chosen["b"] != port


def test_no_free_port_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(UserError, match="No free port"):
        ports.choose({"api": 8000}, lambda *words: None)


def test_default_ports_are_distinct() -> None:
    assert len(set(ports.DEFAULTS.values())) == len(ports.DEFAULTS)
