"""The last words of `covid up`."""

from __future__ import annotations

import datetime as dt
import io
import shlex

import pytest
from rich.console import Console

from covid_cli.errors import UserError
from covid_cli.up import farewell
from covid_core import records

ROW = {
    "region": "CA-ON",
    "confirmed": 190000,
    "deaths": None,
    "new_confirmed": -5,
    "avg7_confirmed": 3.14,
    "incidence": 1281.5,
    "case_fatality_ratio": 0.0123,
}


def test_the_table_shows_names_signs_and_nulls() -> None:
    out = io.StringIO()
    Console(file=out, width=140).print(farewell.table("2021-01-02", [ROW]))
    line = next(line for line in out.getvalue().splitlines() if line.startswith("Ontario"))
    assert line.split() == ["Ontario", "190,000", "–", "-5", "3.1", "1,281.5", "1.23%"]


def test_every_line_to_copy_is_one_shell_command_with_the_key_where_it_writes() -> None:
    for _, line in farewell.examples("http://127.0.0.1:8000", "the-key"):
        words = shlex.split(line)
        assert words[0] == "curl"
        assert any(word.startswith("http://127.0.0.1:8000/") for word in words)
        writes = "POST" in words or "DELETE" in words
        assert ("Authorization: Bearer the-key" in words) == writes


def test_the_example_record_is_a_record() -> None:
    lines = dict(farewell.examples("http://127.0.0.1:8000", "the-key"))
    words = shlex.split(lines["insert or correct"])
    body = words[words.index("-d") + 1]
    assert records.decode(body.encode(), dt.datetime.now(dt.UTC)).id == "my-lab:CA-ON:2021-01-02"


def test_an_api_that_is_slow_just_now_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(url: str, key: str) -> tuple[str, list[dict[str, object]]]:
        raise UserError("The API does not answer.")

    monkeypatch.setattr(farewell, "figures", slow)
    out = io.StringIO()
    farewell.show(Console(file=out, width=140), "http://127.0.0.1:8000", "the-key", "/a home")
    assert out.getvalue().startswith("The API does not answer.\nDashboard http://127.0.0.1:8000/ ")


def test_the_key_is_told_to_a_person_and_to_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(farewell, "figures", lambda url, key: ("", []))

    def shown(terminal: bool) -> str:
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=140, color_system=None)
        farewell.show(console, "http://127.0.0.1:8000", "the-key", "/a home")
        return out.getvalue()

    assert "Bearer the-key" in shown(True)
    logged = shown(False)
    assert "the-key" not in logged
    assert 'Bearer $KEY"' in logged
    assert "KEY=$(covid status --json --home '/a home' | python3" in logged
