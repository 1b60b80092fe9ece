"""Where PHAC and Johns Hopkins differ: the days that are known, and each reason by a small example."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from covid_core.disagreement import Disagreement, Reason, disagreements
from covid_core.logged import Logged
from covid_core.replay import rows_of
from covid_core.rows import Row
from tests.unit.core.test_formats_real import DATA, jhu, phac

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")
FIRST = dt.date(2021, 1, 4)


@needs_data
@pytest.mark.parametrize(
    ("vintage", "other", "apart"), [("", 105_179, 408), ("vintages/2021-01-22", 106_643, 1_872)]
)
def test_canada_on_2020_07_02(vintage: str, other: int, apart: int) -> None:
    records = [*phac("2022-06-05").records, *jhu(vintage).records]
    canada = [record for record in records if record.region == "CA"]
    rows = rows_of("CA", (Logged(record, offset) for offset, record in enumerate(canada)))
    (one,) = (
        each for each in disagreements(rows) if (each.date, each.field) == (dt.date(2020, 7, 2), "confirmed")
    )
    assert (one.phac, one.jhu, one.difference) == (104_771, other, apart)
    assert one.relative == pytest.approx(apart / 104_771)


def found(
    phac_counts: list[int | None], jhu_counts: list[int | None], **more: object
) -> Mapping[int, Disagreement]:
    rows = [
        Row(source, "CA-ON", FIRST + dt.timedelta(days=n), confirmed=count)
        for source, counts in (("phac", phac_counts), ("jhu", jhu_counts))
        for n, count in enumerate(counts)
    ]
    return {(one.date - FIRST).days: one for one in disagreements(rows, **more)}  # type: ignore[arg-type]


def test_only_days_with_two_numbers_that_differ() -> None:
    assert found([1, None, 3, 4], [1, 2, None, 5]).keys() == {3}
    assert found([0], [5])[0].relative is None


def test_one_that_is_a_day_late() -> None:
    assert {n: one.reason for n, one in found([10, 20, 35], [5, 10, 20]).items()} == {
        0: None,
        1: Reason.LATE,
        2: Reason.LATE,
    }


def test_one_that_does_not_report_that_day() -> None:
    rows = [
        Row("phac", "CA-ON", FIRST, confirmed=10, confirmed_status="not_due"),
        Row("jhu", "CA-ON", FIRST, confirmed=12),
    ]
    assert [one.reason for one in disagreements(rows)] == [Reason.CALENDAR]


def test_one_that_has_said_otherwise_before() -> None:
    known = {("jhu", FIRST, "confirmed")}
    assert found([10], [12], restated=known)[0].reason is Reason.RESTATED


def test_two_that_count_different_things() -> None:
    grows = [100 * n for n in range(30)]
    apart = [count + 500 for count in grows]
    reasons = {one.reason for one in found([*grows], [*apart]).values()}
    assert reasons == {Reason.DEFINITION}
    once = [count + (500 if n == 15 else 0) for n, count in enumerate(grows)]
    assert [one.reason for one in found([*grows], [*once]).values()] == [None]
