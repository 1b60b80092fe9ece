"""The harness of `bench`: turns, ratios, the results' file and the table. Nothing is timed."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench import results, scaling
from bench.__main__ import main
from bench.data import CANADA, packed, records, rows
from bench.measure import Arm, Pairs, Spread, interleaved, percentile
from bench.results import BEGIN, END, Goal, Line, Machine, Measured, Run
from bench.row import Scale
from bench.rows import ROWS
from covid_core import messages
from covid_core.records import decode

RUN = Run("0123456789ab", "2026-11-26 12:00 UTC", Machine("a processor", 2, 24, "Linux x86_64", "3.11.2"))


def line(*goals: Goal, ours: tuple[float, ...] = (80, 90, 100), other: float = 100) -> Line:
    pairs = Pairs(ours, (other,) * len(ours))
    return Line(what="ours", reference="theirs", unit="rows/s", pairs=pairs, goals=goals)


def measured(row: int, *lines: Line, run: Run = RUN) -> Measured:
    return Measured(row, f"row {row}", run, 1.5, lines)


def test_both_are_run_in_every_round_and_take_turns_in_being_first() -> None:
    order: list[tuple[str, int]] = []

    def arm(name: str, figure: float) -> Arm:
        def run(number: int) -> float:
            order.append((name, number))
            return figure + number

        return run

    pairs = interleaved(arm("ours", 10), arm("reference", 20), 3)
    assert order == [
        ("ours", 0), ("reference", 0), ("reference", 1), ("ours", 1), ("ours", 2), ("reference", 2)
    ]  # fmt: skip
    assert pairs == Pairs((10.0, 11.0, 12.0), (20.0, 21.0, 22.0))


def test_a_ratio_is_of_one_round() -> None:
    # A machine that is half as fast in the second round changes both figures, and no ratio.
    assert Pairs((100, 50), (200, 100)).ratios == (0.5, 0.5)
    with pytest.raises(ValueError, match="2 figures of ours, 1 of the reference"):
        Pairs((1, 2), (1,))


def test_a_spread_is_the_median_and_its_ends() -> None:
    assert Spread.of([3, 1, 10]) == (3, 1, 10)
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of([])


def test_percentiles_lie_between_figures() -> None:
    assert percentile([0, 10], 50) == 5
    assert percentile(range(101), 95) == 95


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal(0.9, at_least=True), True),
        (Goal(0.91, at_least=True), False),
        (Goal(0.9), True),
        (Goal(0.89), False),
        (Goal(90, of="ours"), True),
        (Goal(89, of="ours"), False),
    ],
)
def test_a_goal_is_about_the_median(goal: Goal, met: bool) -> None:
    assert line(goal).met(goal) is met


def test_the_table_shows_medians_spreads_and_what_was_missed() -> None:
    text = results.table([measured(1, line(Goal(0.95, at_least=True)), line(Goal(1.5)), line(ours=(4000,)))])
    assert "Rows 1: commit `0123456789ab`, 2026-11-26 12:00 UTC; a processor, 2 cores, 24 GiB" in text
    rows_ = [each for each in text.splitlines() if each.startswith("| 1 |")]
    assert rows_[0] == (
        "| 1 | ours | theirs | 90 (80 to 100) rows/s | 100 (100 to 100) rows/s | 0.9 (0.8 to 1) "
        "| ≥ 0.95 × **missed** |"
    )
    assert rows_[1].endswith("| ≤ 1.5 × met |")
    assert rows_[2] == "| 1 | ours | theirs | 4,000 rows/s | 100 rows/s | 40 | – |"


def test_rows_of_one_run_are_told_together() -> None:
    later = Run("ba9876543210", "2026-11-27 12:00 UTC", RUN.machine)
    text = results.table([measured(1, line()), measured(2, line(), run=later), measured(3, line())])
    assert "Rows 1, 3: commit `0123456789ab`" in text
    assert "Rows 2: commit `ba9876543210`" in text


def test_a_row_replaces_its_earlier_measurement_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert results.read(file) == []
    results.write(file, [measured(10, line()), measured(2, line())])
    newer = measured(2, line(Goal(1.0), ours=(1, 2, 3)))
    assert results.write(file, [newer]) == [newer, measured(10, line())]
    assert results.read(file) == [newer, measured(10, line())]


def test_the_table_is_put_between_the_marks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        results.fill(page, results.table([measured(1, line())]))
        text = page.read_text()
        assert text.startswith("before\n")
        assert text.endswith("after\n")
        assert "old" not in text
        assert text.count("| 1 | ours |") == 1
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no marks"):
        results.fill(page, "a table")


@pytest.mark.parametrize("page", [results.PAGE, results.SCALING])
def test_the_pages_of_the_documentation_have_the_marks(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)


def test_more_load_needs_more_of_a_part_by_its_measured_rate() -> None:
    one = line(ours=(1_000.0,))
    known = [
        measured(row, *(replace(one, what=part.line.rstrip(",")) for part in parts))
        for row, parts in groupby(scaling.PARTS, key=lambda part: part.row)
    ]
    text = scaling.tables(known)
    # 32,000 records at 1,000 a second are 32 s; a thousand times as many 8.9 h, in an hour by nine.
    assert "| stream, few regions | 1,000 records | 32 s | 8.9 h | 9 | by region |" in text
    assert "| sink s3, Iceberg | 1,000 rows | 0.1 s | 2 min | 1 | not: one writer a table |" in text
    # 1,000 s of 2 vCPUs and 4 GB.
    assert "while it works | 0.027 |" in text
    with pytest.raises(LookupError, match="row 3"):
        scaling.tables([one for one in known if one.row != 3])


def test_a_run_names_commit_time_and_machine() -> None:
    run = results.this_run(dt.datetime(2026, 11, 26, 13, 0, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    assert run.date == "2026-11-26 12:00 UTC"
    assert run.commit
    assert run.machine.cores >= 1


def test_every_row_has_a_number_of_its_own_and_two_take_long() -> None:
    assert [row.number for row in ROWS] == list(range(1, 15))
    assert [row.number for row in ROWS if row.long] == [12, 13]


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["15"])
    assert ended.value.code == 2
    assert "15" in capsys.readouterr().err


def test_less_work_stays_a_whole_number_of_steps() -> None:
    assert Scale(5).of(50_000, 500) == 50_000
    assert Scale(5, 0.1).of(1_200, 500) == 500
    assert Scale(5, 0.001).of(14_000, 14) == 14


def test_the_same_data_every_time() -> None:
    assert rows(30, "phac") == rows(30, "phac")
    assert rows(30, "phac") != rows(30, "jhu")
    assert [row for _, value in packed(rows(30, "phac")) for row in messages.decode(value)] == rows(
        30, "phac"
    )


def test_records_are_valid_and_go_day_after_day() -> None:
    found = [
        decode(value, dt.datetime(2026, 6, 1, tzinfo=dt.UTC)) for _, value in records(28, "phac", CANADA)
    ]
    assert [record.region for record in found] == [*CANADA, *CANADA]
    assert len({record.date for record in found[:14]}) == 1
    assert found[14].date == found[0].date + dt.timedelta(days=1)
