"""`covid init`: which steps are done, and what its errors show. The rest is tested on the real servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from covid_cli import init, provision
from covid_cli.errors import UserError

app = typer.Typer()
app.command()(init.command)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked for, in order."""
    found: list[str] = []
    monkeypatch.setattr(provision, "create_topics", lambda environment: found.append("topics"))
    monkeypatch.setattr(provision, "create_bucket", lambda environment: found.append("bucket"))
    monkeypatch.setattr(provision, "create_database", found.append)
    monkeypatch.setenv("COVID_ICEBERG_URI", "postgresql+psycopg://h/catalog")
    monkeypatch.setenv("COVID_RDS_URL", "postgresql://h/rds")
    monkeypatch.delenv("COVID_REDSHIFT_URL", raising=False)
    return found


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_all_is_made_that_the_settings_name(made: list[str]) -> None:
    found = json.loads(run("--json").stdout)
    assert found == {"there": ["topics", "bucket", "catalog database", "RDS database"]}
    assert made == ["topics", "bucket", "postgresql+psycopg://h/catalog", "postgresql://h/rds"]


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        (["topics"], ["topics"]),
        (["databases"], ["postgresql+psycopg://h/catalog", "postgresql://h/rds"]),
        (["bucket", "topics"], ["topics", "bucket"]),
    ],
)
def test_only_what_is_named_is_made(made: list[str], only: list[str], wanted: list[str]) -> None:
    assert run(*(word for part in only for word in ("--only", part))).exit_code == 0
    assert made == wanted


def test_what_is_left_out_needs_no_settings(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVID_RDS_URL", "oracle://h/rds")
    assert run("--only", "topics").exit_code == 0
    assert isinstance(run("--only", "databases").exception, UserError)
    assert made == ["topics"]


def test_a_part_that_there_is_not_is_a_wrong_option(made: list[str]) -> None:
    assert run("--only", "tables").exit_code == 2
    assert made == []


def test_a_password_that_no_client_could_read_is_not_shown(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVID_RDS_URL", "postgresql://covid:x7%qSECRET@127.0.0.1:1/rds")
    said = str(run("--only", "databases").exception)
    assert said.startswith("COVID_RDS_URL: ")
    assert "percent-encode the password" in said
    assert "SECRET" not in said
    assert made == []
