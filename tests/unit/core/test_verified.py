"""What a verification says of a store, on the wire and in a word."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from covid_core import verified
from covid_core.verified import Verdict, Verified

FOUND = Verified(
    store="rds",
    verdict=Verdict.REFUSED,
    at=dt.datetime(2026, 11, 26, 12, 30, tzinfo=dt.UTC),
    records={0: 12, 3: 0},
    rows=51_174,
    differences=2,
    refused=2,
    seconds=41.5,
)


def test_it_survives_the_wire() -> None:
    assert verified.decode(verified.encode(FOUND)) == FOUND


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"store": 1}', b'"rds"'])
def test_other_bytes_are_one_kind_of_error(value: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        verified.decode(value)


@pytest.mark.parametrize(
    ("differences", "refused", "verdict"),
    [(0, 0, Verdict.EQUAL), (2, 2, Verdict.REFUSED), (2, 1, Verdict.DIFFERENT), (1, 0, Verdict.DIFFERENT)],
)
def test_a_store_that_only_refused_is_not_different(differences: int, refused: int, verdict: Verdict) -> None:
    assert verified.verdict(differences, refused) is verdict
