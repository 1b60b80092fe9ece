"""The parameters of /v1/metrics: what they mean and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from covid_api.app import described
from covid_api.formats import Format
from covid_api.problems import Problem
from covid_api.query import MAX_LIMIT, OFFERED, MetricsQuery


def query(**parameters: Any) -> MetricsQuery:
    return MetricsQuery.model_validate({name.rstrip("_"): value for name, value in parameters.items()})


def test_defaults_ask_for_everything_merged() -> None:
    asked = query()
    assert (asked.source, asked.format, asked.limit, asked.cursor) == ("merged", Format.JSON, None, None)
    assert (asked.first, asked.last) == (dt.date.min, dt.date.max)
    assert asked.region_codes() == ()
    assert asked.columns() == OFFERED
    assert "deleted" not in {column.name for column in OFFERED}


def test_regions_repeat_or_stand_in_a_list() -> None:
    assert query(region=["CA-QC,CA-ON", "CA", "CA-ON"]).region_codes() == ("CA", "CA-ON", "CA-QC")


def test_fields_keep_the_schema_s_order_and_the_key() -> None:
    columns = query(fields=["deaths,confirmed", "active"]).columns()
    assert [column.name for column in columns] == [
        "source",
        "region",
        "date",
        "confirmed",
        "deaths",
        "active",
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {"from_": "2021-1-1"},
        {"from_": "20210101"},
        {"from_": "1609459200"},
        {"to": "2021-02-30"},
        {"to": "2021-W01-1"},
        {"source": "PHAC"},
        {"source": "a#b"},
        {"source": ""},
        {"limit": 0},
        {"limit": MAX_LIMIT + 1},
        {"limit": "all"},
        {"format": "xml"},
        {"cursor": "x" * 201},
        {"form": "csv"},
        # Nearly the first and the last moment of all, elsewhere: in UTC there is none.
        {"as_of": "0001-01-01T00:00:00+14:00"},
        {"known_at": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_malformed(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        query(**parameters)


@pytest.mark.parametrize("region", ["CA-ZZ", "ca", "Ontario"])
def test_unknown_region(region: str) -> None:
    with pytest.raises(Problem, match=region) as raised:
        query(region=["CA", region]).region_codes()
    assert raised.value.status == 422


@pytest.mark.parametrize("field", ["deleted", "cases", "pk"])
def test_unknown_field(field: str) -> None:
    with pytest.raises(Problem, match=field) as raised:
        query(fields=["confirmed", field]).columns()
    assert raised.value.status == 422


def test_dates_the_wrong_way_round() -> None:
    with pytest.raises(Problem, match="after"):
        query(from_="2021-01-02", to="2021-01-01").check_order()
    query(from_="2021-01-02", to="2021-01-02").check_order()


OF_NO_MOMENT = {
    "what there is": {"/v1/sources", "/v1/regions", "/v1/measures"},
    "all that was said, with its times": {"/v1/records/history", "/v1/revisions"},
    "what the rules say by all that is known": {"/v1/alerts", "/v1/alerts.atom"},
    "what happens now": {"/v1/stream", "/v1/pipeline", "/v1/keys", "/healthz", "/readyz", "/metrics"},
}


def test_whatever_gives_numbers_gives_them_as_of_a_moment_too() -> None:
    without = {
        path
        for path, methods in described(keyed=False).openapi()["paths"].items()
        for method, operation in methods.items()
        if method == "get"
        and not {"as_of", "known_at"} <= {each["name"] for each in operation.get("parameters", ())}
    }
    assert without == set().union(*OF_NO_MOMENT.values())
