"""Answers compared: what counts as the same, and what is said of the first difference."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from covid_cli.batch.stores.check import first_difference

DAY = dt.date(2021, 1, 2)


@pytest.mark.parametrize(
    ("want", "have"),
    [
        (1, "1"),
        (1, 1.0),
        (Decimal("1.50"), "1.5"),
        (0.1 + 0.2, "0.3"),
        (None, ""),
        (None, None),
        (DAY, "2021-01-02"),
        (dt.datetime(2021, 1, 2), "2021-01-02"),
        (dt.datetime(2021, 1, 2), DAY),
        ("CA-ON", "CA-ON"),
    ],
)
def test_the_same_in_another_form(want: Any, have: Any) -> None:
    assert first_difference(["a"], [(want,)], ["a"], [(have,)]) is None


@pytest.mark.parametrize(
    ("want", "have", "said"),
    [
        (1, "2", "row 1, a: expected 1, found 2"),
        (1.0, "1.00000001", "row 1, a: expected 1.0, found 1.00000001"),
        (0, "", "row 1, a: expected 0, found null"),
        (None, "0", "row 1, a: expected null, found 0"),
        (DAY, "2021-01-03", "row 1, a: expected 2021-01-02, found 2021-01-03"),
        ("CA-ON", "CA-QC", "row 1, a: expected CA-ON, found CA-QC"),
        (1.0, "nan", "row 1, a: expected 1.0, found nan"),
    ],
)
def test_a_difference_is_told_by_row_and_column(want: Any, have: Any, said: str) -> None:
    assert first_difference(["a"], [(want,)], ["a"], [(have,)]) == said


def test_rows_and_columns_are_counted() -> None:
    assert first_difference(["a"], [(1,), (2,)], ["a"], [("1",)]) == "1 rows instead of 2"
    assert first_difference(["a"], [(1,)], ["a"], [("1",), ("2",)]) == "2 rows instead of 1"
    assert first_difference(["a", "b"], [], ["b", "a"], []) == "columns b, a instead of a, b"
