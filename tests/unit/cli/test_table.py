"""The table of `covid query` keeps a zero, a status and nothing at all apart."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from covid_cli.records import table


def cells(columns: list[str], row: dict[str, Any]) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=200).print(
        table.render("CA-ON (phac)", columns, [{"date": "2021-01-02", **row}])
    )
    line = next(line for line in output.getvalue().splitlines() if "2021-01-02" in line)
    return re.split(r"\s{2,}", line.strip())[1:]


@pytest.mark.parametrize(
    ("value", "status", "shown"),
    [
        (0, None, "0"),
        (1234567, None, "1,234,567"),
        (5, "not_due", "5 (not_due)"),
        (None, "suppressed", "suppressed"),
        (None, None, "–"),
    ],
)
def test_counts(value: int | None, status: str | None, shown: str) -> None:
    assert cells(["confirmed"], {"confirmed": value, "confirmed_status": status}) == [shown]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-11193, "-11,193"), (1234.56, "1,234.6"), (0.012346, "0.01235"), (0.0, "0"), (None, "–")],
)
def test_metrics(value: float | None, shown: str) -> None:
    assert cells(["incidence"], {"incidence": value}) == [shown]


def test_what_is_shown_unless_told_fits_an_ordinary_terminal() -> None:
    output = io.StringIO()
    counts = (4_617_095, -11_193, -11_193.5, 51_720, -411, 1_405_971, 290_103)
    row = {"date": "2023-03-09", **dict(zip(table.COLUMNS, counts, strict=True))}
    Console(file=output, width=80).print(table.render("CA (merged)", table.COLUMNS, [row]))
    lines = output.getvalue().splitlines()
    assert lines[-1].split() == [row["date"], *(f"{count:,}" for count in counts)]
    assert "recovered" in output.getvalue()


def test_texts_stay_as_they_are() -> None:
    assert cells(["lineage", "confirmed_status"], {"lineage": "12,345", "confirmed_status": "ended"}) == [
        "12,345",
        "ended",
    ]


def test_statuses_are_asked_for_with_their_counts() -> None:
    assert table.fields_for(["confirmed", "incidence"]) == ["confirmed", "incidence", "confirmed_status"]
    assert table.fields_for(["deaths_status", "deaths"]) == ["deaths_status", "deaths"]
