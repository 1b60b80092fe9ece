"""The days in the header of a time series: month first, in order, of one form."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core.formats import FormatError
from tests.unit.core.jhu.files import CONFIRMED
from tests.unit.core.publishers_files import read, series


@pytest.mark.parametrize(
    "days", [("1/22/20", "2/1/20"), ("1/22/2020", "2/1/2020"), ("01-22-2020", "02-01-2020"),
             ("2020-01-22", "2020-02-01")]
)  # fmt: skip
def test_days_are_month_first_however_a_spreadsheet_wrote_them(days: tuple[str, str]) -> None:
    parsed = read({CONFIRMED: series(days, {("Canada", ""): (1, 2)})})
    assert [record.date for record in parsed.records] == [dt.date(2020, 1, 22), dt.date(2020, 2, 1)]


@pytest.mark.parametrize(
    ("days", "code", "column"),
    [
        (("22-01-2020", "23-01-2020"), "ambiguous_dates", "22-01-2020"),  # day first
        (("01-02-2020", "02-02-2020", "03-02-2020", "13-02-2020"), "ambiguous_dates", "13-02-2020"),
        (("1/23/20", "1/22/20"), "ambiguous_dates", "1/22/20"),  # not in order
        (("1/22/20", "2020-01-23"), "mixed_dates", "2020-01-23"),
        (("1/22/20", "total"), "bad_date", "total"),
        (("1/22/20", "2/30/20"), "bad_date", "2/30/20"),
        (("1/22/20", "1/22/31"), "future", "1/22/31"),
    ],
)
def test_days_that_make_no_sense_are_an_error(days: tuple[str, ...], code: str, column: str) -> None:
    with pytest.raises(FormatError) as caught:
        read({CONFIRMED: series(days, {("Canada", ""): [1] * len(days)})})
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, 1, column)
