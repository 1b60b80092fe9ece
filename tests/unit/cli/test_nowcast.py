"""`covid nowcast backtest` over files: what is counted, and what there is nothing to count of."""

from __future__ import annotations

import datetime as dt
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from covid_cli.errors import UserError
from covid_cli.nowcast.command import app

FIRST = dt.date(2020, 3, 1)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def file(folder: Path, new: list[int]) -> None:
    """A file of PHAC's whose newest day is the last of these."""
    header = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday"
    days = (FIRST + dt.timedelta(n) for n in range(len(new)))
    lines = [
        f"35,Ontario,Ontario,{day:%Y-%m-%d},{total},0,0,{total},{n}"
        for day, total, n in zip(days, accumulate(new), new, strict=True)
    ]
    (folder / f"{len(new)}.csv").write_text("\n".join([header, *lines, ""]))


@pytest.fixture
def vintages(tmp_path: Path) -> Path:
    """The second restates each fourth of the first's days, the third the newest of the second's."""
    restated = [103 if n % 4 == 0 else 100 for n in range(50)]
    file(tmp_path, [100] * 50)
    file(tmp_path, [*restated, *[100] * 50])
    file(tmp_path, [*restated, *[100] * 43, *[102] * 7, *[100] * 50])
    return tmp_path


def test_each_source_is_counted_by_population(vintages: Path) -> None:
    (found,) = json.loads(run("backtest", "--json", str(vintages)).stdout)
    assert (found["source"], found["regions"], found["first"], found["last"]) == (
        "phac",
        1,
        *["2020-06-08"] * 2,
    )
    assert found["populations"].keys() == {"all", "change-expected", "changed"}
    everything = found["populations"]["all"]
    # Of cases and of deaths, which nobody restated.
    assert (everything["cells"], everything["unchanged"], everything["held"]) == (28, 21, 28)
    expected, changed = found["populations"]["change-expected"], found["populations"]["changed"]
    assert (expected["cells"], expected["share"], changed["cells"], changed["unchanged"]) == (14, 1, 7, 0)
    assert expected["score"] < expected["reported_score"]


def test_a_table_says_the_same(vintages: Path) -> None:
    found = run("backtest", str(vintages))
    assert found.exit_code == 0
    line = next(line for line in found.stdout.splitlines() if "change expected" in line)
    assert "14 (100.0%)" in line and "7 (50.0%)" in line
    assert "phac: 1 regions, nowcast from 2020-06-08 to 2020-06-08" in found.stdout


def test_without_three_reports_there_is_nothing_to_judge(tmp_path: Path) -> None:
    file(tmp_path, [100] * 50)
    file(tmp_path, [100] * 99)
    found = run("backtest", str(tmp_path))
    assert isinstance(found.exception, UserError)
    assert "three times" in str(found.exception)
    absent = run("backtest", str(tmp_path / "absent"))
    assert isinstance(absent.exception, UserError) and "no such file" in str(absent.exception)
