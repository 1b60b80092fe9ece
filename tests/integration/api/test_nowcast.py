"""`/v1/nowcast` of records of the real log, by HTTP, the Python client and the command line."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from covid_cli.nowcast.command import app
from covid_client import Client, Problem

from .conftest import REPORTED_REGION as REGION
from .conftest import Append, Service
from .test_commands import make_home

pytestmark = pytest.mark.integration

FIRST = dt.date(2020, 9, 1)
DAYS = 60
"""Of each report; the next one comes as many days later."""


def report(source: str, on: int, new: list[int]) -> Iterator[dict[str, Any]]:
    """What a source says of all days up to `on`, at its end."""
    at = f"{FIRST + dt.timedelta(on)}T23:59:59Z"
    total = 0
    for day, count in enumerate(new):
        total += count
        date = str(FIRST + dt.timedelta(day))
        yield {"source": source, "region": REGION, "date": date, "confirmed": total, "reported_at": at}


@pytest.fixture
def restated(append: Append, source: str) -> str:
    """A source that said 100 of every day, then 110 of those of its first report."""
    append(
        *report(source, DAYS - 1, [100] * DAYS), *report(source, 2 * DAYS - 1, [110] * DAYS + [100] * DAYS)
    )
    return source


def nowcast(client: httpx.Client, source: str, **parameters: Any) -> list[dict[str, Any]]:
    asked = {"source": source, "region": REGION, "field": "confirmed", **parameters}
    found: list[dict[str, Any]] = client.get("/v1/nowcast", params=asked).raise_for_status().json()["data"]
    return found


def test_the_latest_days_are_expected_to_become_what_earlier_ones_did(
    client: httpx.Client, restated: str
) -> None:
    found = nowcast(client, restated)
    newest = FIRST + dt.timedelta(2 * DAYS - 1)
    assert [one["date"] for one in found] == [str(newest - dt.timedelta(n)) for n in range(13, -1, -1)]
    assert {one["reported"] for one in found} == {100}
    assert {(one["lower"], one["expected"], one["upper"]) for one in found} == {(110, 110, 110)}
    assert {(one["reports"], one["learnt_from"], one["reason"]) for one in found} == {(2, 28, None)}
    assert [one["delay"] for one in found] == list(range(13, -1, -1))
    assert nowcast(client, restated) == found


def test_as_of_a_moment_nothing_later_is_known(client: httpx.Client, restated: str) -> None:
    found = nowcast(client, restated, as_of=str(FIRST + dt.timedelta(DAYS)))
    assert {(one["reason"], one["expected"], one["reported"]) for one in found} == {
        ("too-few-reports", None, 100)
    }
    assert nowcast(client, restated, as_of="2020-08-01") == []
    assert nowcast(client, restated, known_at="2020-08-01") == []


def test_what_comes_to_the_log_is_in_the_next_answer(
    client: httpx.Client, append: Append, restated: str
) -> None:
    before = nowcast(client, restated)
    append(*report(restated, 2 * DAYS, [110] * DAYS + [100] * DAYS + [90]))
    after = nowcast(client, restated)
    assert (before[-1]["reported"], after[-1]["reported"]) == (100, 90)
    assert after[-1]["reports"] == 3


def test_of_merged_rows_and_of_unknown_counts_there_is_none(client: httpx.Client) -> None:
    for parameters in ({"source": "merged"}, {"field": "hospitalised"}, {"region": "CA-ZZ"}, {"lag": "1"}):
        assert client.get("/v1/nowcast", params=parameters).status_code == 422, parameters


def test_as_a_file(client: httpx.Client, restated: str) -> None:
    asked = {"source": restated, "region": REGION, "format": "csv"}
    answer = client.get("/v1/nowcast", params=asked).raise_for_status()
    assert answer.headers["content-disposition"] == 'attachment; filename="covid-nowcast.csv"'
    lines = answer.text.splitlines()
    assert lines[0] == (
        "source,region,date,field,delay,reported,expected,lower,upper,reason,reports,learnt_from"
    )
    assert lines[-1] == f"{restated},{REGION},2020-12-29,confirmed,0,100,110,110,110,,2,28"


def test_by_the_python_client(service: Service, restated: str) -> None:
    with Client(service.url) as covid:
        *_, newest = covid.nowcast(REGION, restated, "confirmed")
        assert (newest["reported"], newest["expected"]) == (100, 110)
        assert covid.nowcast(REGION, restated).to_pandas()["upper"].tolist() == [110] * 14
        with pytest.raises(Problem):
            list(covid.nowcast(REGION, "merged"))


def test_by_the_command_line(service: Service, restated: str, tmp_path: Path) -> None:
    home = str(make_home(tmp_path, service.port))

    def show(*words: str) -> str:
        done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["show", REGION, *words, "--home", home])
        assert done.exit_code == 0, done.output
        return done.output

    table = show("--source", restated)
    (line,) = [line for line in table.splitlines() if "2020-12-29" in line]
    assert all(text in line for text in ("confirmed", "100", "110", "110 to 110"))
    assert f"{REGION} ({restated}): learnt from 28 days of 2 reports" in table
    assert json.loads(show("--source", restated, "--json"))[-1]["upper"] == 110
    assert "too few reports" in show("--source", restated, "--as-of", "2020-11-01")
    assert (
        show("--source", restated, "--as-of", "2020-08-01")
        == f"{restated} has reported nothing of {REGION}.\n"
    )
