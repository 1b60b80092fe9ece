"""The cursor: there and back, bound to its query, and refused when it is anything else."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from covid_api import cursor
from covid_api.problems import Problem
from covid_api.query import OFFERED
from covid_api.reader import Place, Selection
from covid_core.replay import Moment

SELECTION = Selection("merged", ("CA", "CA-ON"), False, dt.date(2020, 1, 1), dt.date(2021, 1, 1), OFFERED)
PLACE = Place("CA-ON", dt.date(2020, 5, 17))


def test_there_and_back() -> None:
    text = cursor.encode(SELECTION, PLACE)
    assert cursor.decode(SELECTION, text) == PLACE
    assert "=" not in text
    assert "+" not in text


@pytest.mark.parametrize(
    "other",
    [
        SELECTION._replace(source="phac"),
        SELECTION._replace(regions=("CA",)),
        SELECTION._replace(everywhere=True),
        SELECTION._replace(first=dt.date(2020, 1, 2)),
        SELECTION._replace(last=dt.date(2021, 1, 2)),
        SELECTION._replace(columns=OFFERED[:5]),
        SELECTION._replace(lag=7),
        SELECTION._replace(moment=Moment(as_of=dt.datetime(2021, 1, 1, tzinfo=dt.UTC))),
    ],
)
def test_another_query_is_refused(other: Selection) -> None:
    with pytest.raises(Problem) as raised:
        cursor.decode(other, cursor.encode(SELECTION, PLACE))
    assert raised.value.status == 422
    assert "another query" in raised.value.detail


def test_a_region_that_is_new_between_pages_does_not_void_the_cursor() -> None:
    everywhere = SELECTION._replace(everywhere=True)
    grown = everywhere._replace(regions=("CA", "CA-AB", "CA-ON"))
    assert cursor.decode(grown, cursor.encode(everywhere, PLACE)) == PLACE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "!!!!",
        "////",
        base64.b64encode(b"[1,2,3]").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Problem) as raised:
        cursor.decode(SELECTION, text)
    assert raised.value.status == 422
    assert raised.value.code == "bad-cursor"
