"""What the function that draws can be asked, and its statistics."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from covid_batch.aws_lambda.charts import wish
from covid_batch.aws_lambda.events import BadEvent
from covid_batch.aws_lambda.statistics import summary
from covid_charts.words import Language
from covid_core.rows import Row


def test_defaults() -> None:
    asked = wish({"region": "CA-ON"})
    assert (asked.source, asked.first, asked.last) == ("merged", dt.date.min, dt.date.max)
    assert (asked.language, asked.image) == (Language.ENGLISH, False)
    assert asked.metrics == ("new_confirmed", "new_deaths", "incidence_7d")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (None, "Expected `object`"),
        ({}, "missing required field `region`"),
        ({"region": 7}, "region"),
        ({"region": "Ontario"}, "not a known ISO 3166 code"),
        ({"region": "CA-ON", "form": "png"}, "unknown field `form`"),
        ({"region": "CA-ON", "from": "1/2/2021"}, "from"),
        ({"region": "CA-ON", "from": "2021-02-01", "to": "2021-01-01"}, "is after"),
        ({"region": "CA-ON", "metrics": "confrmed"}, "no 'confrmed'; there are confirmed"),
        ({"region": "CA-ON", "format": "gif"}, "neither json nor png"),
        ({"region": "CA-ON", "language": "de"}, "language"),
        (
            {"region": "CA-ON", "metrics": "confirmed,deaths,recovered,tests,active,incidence,incidence_7d"},
            "at most 6",
        ),
    ],
)
def test_what_cannot_be_asked(event: Any, says: str) -> None:
    with pytest.raises(BadEvent, match=says):
        wish(event)


def rows(*values: int | None) -> list[Row]:
    first = dt.date(2021, 1, 1)
    return [Row("phac", "CA-ON", first + dt.timedelta(i), confirmed=value) for i, value in enumerate(values)]


def test_statistics_leave_out_what_is_null() -> None:
    found = summary(rows(2, None, 8, 8, 6), ["confirmed"])["confirmed"]
    assert found["count"] == 4
    assert (found["mean"], found["min"], found["50%"], found["max"]) == (6.0, 2.0, 7.0, 8.0)
    assert found["std"] == pytest.approx(8**0.5)
    assert (found["first"], found["last"], found["peak"]) == (2.0, 6.0, "2021-01-03")


def test_statistics_of_nothing() -> None:
    found = summary(rows(None), ["confirmed"])["confirmed"]
    assert found.pop("count") == 0
    assert set(found.values()) == {None}
    assert summary(rows(3), ["confirmed"])["confirmed"]["std"] is None
