"""`covid query`, `covid chart` and `covid delete` against the running API."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from covid_cli.errors import UserError
from covid_cli.records.chart import chart
from covid_cli.records.delete import delete
from covid_cli.records.query import query
from covid_cli.stack import state
from covid_cli.stack.config import Credentials
from covid_core.rows import Row

from .conftest import KEY, Service

pytestmark = pytest.mark.integration

app = typer.Typer()
app.command()(query)
app.command()(chart)
app.command()(delete)


def make_home(folder: Path, port: int) -> Path:
    """A home as `covid up` leaves it."""
    credentials = Credentials(s3_secret_key="", postgres_password="", write_key=KEY)
    state.write(folder, state.StackState(credentials=credentials, ports={"api": port}))
    return folder


@pytest.fixture
def home(service: Service, tmp_path: Path) -> Path:
    return make_home(tmp_path, service.port)


def covid(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--home", str(home)])


def live_rows(stored: list[Row], source: str, region: str) -> list[Row]:
    return [row for row in stored if (row.source, row.region) == (source, region) and not row.deleted]


def test_a_table_of_the_newest_days(home: Path, stored: list[Row]) -> None:
    result = covid(home, "query", "CA-ON")
    assert result.exit_code == 0, result.output
    rows = live_rows(stored, "merged", "CA-ON")
    for row in rows[-14:]:
        line = next(line for line in result.output.splitlines() if str(row.date) in line)
        assert ("–" if row.confirmed is None else f"{row.confirmed:,}") in line
        assert row.recovered_status is not None
        assert row.recovered_status in line
    assert str(rows[-15].date) not in result.output
    assert f"The newest 14 of {len(rows)} days" in result.output


def test_a_table_of_chosen_days_and_fields(home: Path, stored: list[Row]) -> None:
    result = covid(
        home,
        "query",
        "CA-ON",
        "--source",
        "phac",
        "--from",
        "2020-01-23",
        "--to",
        "2020-01-24",
        "--fields",
        "tests",
    )
    assert result.exit_code == 0
    assert "2020-01-23" in result.output
    assert "2020-01-25" not in result.output
    assert "deaths" not in result.output


def test_json(home: Path, stored: list[Row]) -> None:
    result = covid(home, "query", "CA-ON", "--format", "json", "--fields", "confirmed")
    found = {row["date"]: row["confirmed"] for row in json.loads(result.stdout)["data"]}
    assert found == {str(row.date): row.confirmed for row in live_rows(stored, "merged", "CA-ON")}


def test_csv(home: Path, stored: list[Row]) -> None:
    result = covid(home, "query", "FR", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["date"] for row in rows] == [str(row.date) for row in live_rows(stored, "merged", "FR")]


def test_nothing_to_show(home: Path) -> None:
    result = covid(home, "query", "DE", "--source", "phac")
    assert result.exit_code == 0
    assert "no rows" in result.output


@pytest.mark.parametrize("form", ["table", "csv"])
def test_what_the_api_refuses_is_told(home: Path, form: str) -> None:
    result = covid(home, "query", "CA-ZZ", "--format", form)
    assert isinstance(result.exception, UserError)
    assert "CA-ZZ" in str(result.exception)


def test_a_chart_in_the_terminal(home: Path, stored: list[Row]) -> None:
    result = covid(home, "chart", "CA-QC", "--metric", "deaths")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Quebec (CA-QC, merged): cumulative deaths\n")
    assert "(persons)" in result.output
    assert any("\u2801" <= character <= "\u28ff" for character in result.output)
    rows = live_rows(stored, "merged", "CA-QC")
    without = sum(row.deaths is None for row in rows)
    assert f"Days without a number: {without}" in result.output


def test_a_chart_of_nothing(home: Path, stored: list[Row]) -> None:
    result = covid(home, "chart", "CA-ON", "--metric", "recovered")
    assert result.exit_code == 0
    assert "There are no numbers in this period" in result.output
    assert "suppressed" in result.output


@pytest.mark.parametrize(("name", "begin"), [("c.png", b"\x89PNG"), ("c.svg", b"<?xml")])
def test_a_chart_as_an_image(home: Path, stored: list[Row], tmp_path: Path, name: str, begin: bytes) -> None:
    result = covid(home, "chart", "CA-ON", "--output", str(tmp_path / name))
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_bytes().startswith(begin)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["CA-ZZ"], "CA-ZZ"),
        (["CA", "--metric", "lineage"], "there are confirmed, deaths"),
        (["CA", "--output", "c.pdf"], ".png or .svg"),
        (["CA-NL", "--output", "c.png"], "no rows of CA-NL"),
        (["CA", "--output", "/nowhere/c.png"], "cannot be written"),
    ],
)
def test_a_chart_that_cannot_be(home: Path, stored: list[Row], arguments: list[str], words: str) -> None:
    result = covid(home, "chart", *arguments)
    assert isinstance(result.exception, UserError)
    assert words in str(result.exception)


def test_delete(home: Path, live: httpx.Client, source: str) -> None:
    item: dict[str, Any] = {"source": source, "region": "CA-NU", "date": "2021-01-02", "confirmed": 5}
    record_id = f"{source}:CA-NU:2021-01-02"
    assert live.post("/v1/records", params={"wait": 20}, json=item).status_code == 201
    result = covid(home, "delete", record_id)
    assert result.exit_code == 0, result.output
    assert f"{record_id} is deleted, which DynamoDB confirms" in result.output
    assert live.get("/v1/records", params={"id": record_id}).status_code == 404
    again = covid(home, "delete", record_id)
    assert isinstance(again.exception, UserError)
    assert record_id in str(again.exception)


def test_delete_not_yet_confirmed(home: Path, live: httpx.Client, stream: Any, source: str) -> None:
    item: dict[str, Any] = {"source": source, "region": "CA-NU", "date": "2021-01-02", "confirmed": 5}
    assert live.post("/v1/records", params={"wait": 20}, json=item).status_code == 201
    with stream.paused():
        result = covid(home, "delete", f"{source}:CA-NU:2021-01-02", "--wait", "0.3")
    assert result.exit_code == 2
    assert "not show it yet" in result.output


def test_no_stack_and_no_api(tmp_path: Path) -> None:
    result = covid(tmp_path, "query", "CA")
    assert isinstance(result.exception, UserError)
    assert "covid up" in str(result.exception)
    result = covid(make_home(tmp_path, 9), "query", "CA")
    assert isinstance(result.exception, UserError)
    assert "No API answers" in str(result.exception)
