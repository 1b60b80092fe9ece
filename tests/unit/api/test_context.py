"""Ids that travel with a request into the log."""

from __future__ import annotations

import pytest

from covid_api.context import record_headers, request_id_of

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("given", ["abc", "A-1_b.c:9", "x" * 64])
def test_a_plain_request_id_is_kept(given: str) -> None:
    assert request_id_of({"x-request-id": given}) == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", "é"])
def test_any_other_is_replaced(given: str) -> None:
    made = request_id_of({"x-request-id": given})
    assert made != given
    assert made != request_id_of({})


def test_each_record_has_its_own_request_id() -> None:
    assert record_headers({}, "r", "api:1", 2) == [
        {"actor": "api:1", "request_id": "r:0"},
        {"actor": "api:1", "request_id": "r:1"},
    ]


def test_a_valid_traceparent_travels_along() -> None:
    assert record_headers({"traceparent": TRACEPARENT}, "r", "a", 1)[0]["traceparent"] == TRACEPARENT


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x" + TRACEPARENT,
        TRACEPARENT + "-00",
        TRACEPARENT.upper(),
        "ff" + TRACEPARENT[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_an_invalid_one_does_not(given: str) -> None:
    assert "traceparent" not in record_headers({"traceparent": given}, "r", "a", 1)[0]
