"""`covid alerts check`: what a file means, or all that is wrong with it; and what needs no running stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from covid_cli.alerts.command import app
from covid_cli.errors import UserError
from covid_core.alerts.reading import default, read

GOOD = """
[[rule]]
name = "rising"
kind = "growth"
regions = ["CA-ON"]
metric = "avg7_confirmed"
rise = 0.5
"""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD)
    return path


def test_a_usable_file_is_said_in_words(file: Path) -> None:
    found = run("check", str(file))
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        "rising: New cases, 7-day average: up by 50% or more within 7 days (merged, CA-ON, warning)",
        "1 rules, all usable",
    ]


def test_and_as_json_with_the_regions_that_it_covers(file: Path) -> None:
    found = json.loads(run("check", "--json", str(file)).stdout)
    assert (found["usable"], found["problems"]) == (True, [])
    assert [(rule["name"], rule["kind"], rule["covers"]) for rule in found["rules"]] == [
        ("rising", "growth", ["CA-ON"])
    ]


def test_of_a_file_that_is_not_every_problem_is_named(file: Path) -> None:
    file.write_text(GOOD.replace("avg7_confirmed", "hospitalised") + GOOD)
    found = run("check", str(file))
    assert found.exit_code == 1
    assert "rule rising: metric: there is no metric hospitalised; there are confirmed," in found.stderr
    assert "rule rising: another one has the same name" in found.stderr
    found = run("check", "--json", str(file))
    assert (found.exit_code, json.loads(found.stdout)["usable"]) == (1, False)


def test_the_packages_rules_are_usable(file: Path) -> None:
    file.write_text(default())
    assert run("check", str(file)).stdout.endswith(f"{len(read(default()))} rules, all usable\n")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for command in (["check", str(tmp_path / "no")], ["backtest", "--rules", str(tmp_path / "no")]):
        found = run(*command)
        assert isinstance(found.exception, UserError)
        assert "no cannot be read" in str(found.exception)


def test_days_the_wrong_way_round_are_refused_before_the_log_is_read() -> None:
    found = run("backtest", "--from", "2021-02-01", "--to", "2021-01-01")
    assert isinstance(found.exception, UserError)
    assert str(found.exception) == "--from 2021-02-01 is after --to 2021-01-01."
