"""A request's body within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import Request

from covid_api import body
from covid_api.problems import Problem


def read(chunks: Sequence[bytes], *, ends: bool = True, limit: int = 10) -> bytes:
    """The body of a request that sends these chunks, and then its end or nothing more."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        if ends:
            return {"type": "http.request", "body": b"", "more_body": False}
        return await asyncio.Event().wait()

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    return asyncio.run(body.read(Request(scope, receive), limit))


def test_a_body_in_pieces() -> None:
    assert read([b"one", b"", b"two"]) == b"onetwo"


def test_a_body_is_refused_as_soon_as_it_is_too_large() -> None:
    assert read([b"0123456789"]) == b"0123456789"
    with pytest.raises(Problem) as raised:
        read([b"0123456789", b"x"], ends=False)
    assert raised.value.status == 413


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.05)
    with pytest.raises(Problem) as raised:
        read([b"one"], ends=False)
    assert raised.value.status == 408
    assert raised.value.headers["Connection"] == "close"
