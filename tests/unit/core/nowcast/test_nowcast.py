"""Nowcasts of one series: what is learnt from reports, and what holds of any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covid_core.logged import Logged
from covid_core.nowcast import calibration, seen
from covid_core.nowcast.interval import Interval, of_draws
from covid_core.nowcast.nowcast import LEAST, Nowcast, Reason, nowcasts
from covid_core.nowcast.rungs import climbed
from covid_core.nowcast.seen import HORIZON, LATEST, Said, Seen
from covid_core.records import FIELDS, Record
from covid_core.replay import rows_of
from tests.unit.core.nowcast.reports import REGION, daily, day, end_of, report
from tests.unit.core.random_logs import logged, logs


def known(said: Sequence[Logged], source: str = "phac", field: str = "confirmed") -> Seen:
    newest = seen.reports(said, source)[-1]
    return seen.seen(said, source, field, [newest])[newest]


def of(said: Sequence[Logged]) -> list[Nowcast]:
    return nowcasts(said, "phac", REGION, "confirmed")


def test_days_are_seen_by_how_long_after_them_they_were_reported() -> None:
    said = report(2, [5, 6, 7]) + report(4, [5, 8, 7, 1, 2])
    found = known(said[::-1])
    assert (found.reports, found.newest) == (2, day(4))
    assert found.days[day(1)].early == (Said(1, 6), Said(3, 8))
    assert found.days[day(4)].early == (Said(0, 2),)
    assert found.days[day(1)].settled is None
    later = known([*said, *report(HORIZON + 1, [5, 9, 7])])
    assert (later.days[day(1)].settled, later.days[day(2)].settled) == (9, None)


def test_a_report_of_one_day_says_the_new_count_of_the_next_too() -> None:
    said = report(2, [5, 6, 7])
    (lower,) = (one for one in report(3, [5, 4]) if one.record.date == day(1))
    found = known([*said, lower])
    assert [found.days[day(n)].early[-1] for n in range(3)] == [Said(2, 5), Said(2, 4), Said(1, 9)]
    # A day at a time, the newest first.
    moved = [
        Logged(msgspec.structs.replace(one.record, reported_at=end_of(on)), one.offset)
        for on, one in enumerate(reversed(said), 3)
    ]
    found = known(moved)
    assert [found.days[day(n)].early[-1].new for n in range(3)] == [5, 6, 7]
    late = Logged(msgspec.structs.replace(lower.record, reported_at=end_of(HORIZON + 2)), 99_000)
    assert known([*said, late]).days[day(2)].settled == 9


def test_a_report_of_long_before_its_days_says_nothing_early() -> None:
    said = report(2, [5, 6, 7])
    early = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    ancient = [Logged(msgspec.structs.replace(one.record, reported_at=early), one.offset) for one in said]
    found = known([*ancient, *report(3, [5, 6, 7, 8])])
    assert (found.reports, found.days[day(2)].early) == (2, (Said(1, 7),))


def test_other_sources_and_what_people_write_are_no_reports() -> None:
    said = report(2, [5, 6, 7])
    typed = Record(
        source="phac", region=REGION, date=day(1), confirmed=1, correction=True, reported_at=end_of(3)
    )
    others = [*report(3, [1, 1, 1], source="jhu"), Logged(typed, 99_000)]
    assert known([*said, *others]) == known(said)


@settings(max_examples=50, deadline=None)
@given(logs((REGION,)), st.sampled_from(FIELDS))
def test_new_counts_are_those_of_rows_of_the_same_reports(log: list[Record], field: str) -> None:
    reports = [one for one in logged(log) if not one.record.correction and not one.record.withdrawn]
    for source in {one.record.source for one in reports}:
        mine = [one for one in reports if one.record.source == source]
        rows = {row.date: row for row in rows_of(REGION, mine) if row.source == source and not row.deleted}
        found = known(logged(log), source, field)
        counted = [date for date, row in rows.items() if getattr(row, field) is not None]
        assert found.newest == max(counted, default=None)
        newest = max(one.reported_at for one in mine)
        for one in mine:
            date = one.record.date
            if one.reported_at == newest and date <= newest.date() and date in found.days:
                row = rows.get(date)
                assert found.days[date].early[-1].new == (row and getattr(row, f"new_{field}"))


def test_two_reports_make_rungs_of_several_days_and_daily_ones_a_rung_a_day() -> None:
    twice = report(60, [100] * 61) + report(200, [100] * 201)
    rungs = climbed(known(twice), 10, 120)
    assert rungs is not None
    assert (rungs.firsts, rungs.settled) == ((0, 10), HORIZON)
    every = daily(60, lambda _: 1, lambda _: 100)
    rungs = climbed(known(every), LEAST, 120)
    assert rungs is not None
    assert rungs.firsts == tuple(range(HORIZON))


@pytest.mark.parametrize("more", [(59,), (53,), (46,), (58, 59)])
def test_reports_beside_others_add_days_to_what_is_learnt_from_and_take_no_nowcast_away(
    more: tuple[int, ...],
) -> None:
    """A day that two reports have seen early is one of the 20 of a rung, not two."""
    said = report(60, [100] * 61) + report(200, [100] * 201)
    beside = [one for on in more for one in report(on, [90] * (on + 1))]
    few, many = of(said), of([*said, *beside])
    assert [one.reason for one in few] == [one.reason for one in many] == [None] * LATEST
    assert few[-1].learnt_from == HORIZON < many[-1].learnt_from
    rungs = climbed(known([*said, *beside]), LEAST, 120)
    assert rungs is not None
    both = ~np.isnan(rungs.triangle[:, :-1]) & ~np.isnan(rungs.triangle[:, -1:])
    assert (both.sum(axis=0) >= LEAST).all()


def test_a_late_share_is_added_to_what_is_reported() -> None:
    """Half is known at the end of the day and all of it a day later, always."""
    found = of(daily(90, lambda delay: 0.5 if delay == 0 else 1, lambda n: 200 + 2 * (n % 7)))
    assert [one.date for one in found] == [day(n) for n in range(91 - LATEST, 91)]
    newest = found[-1]
    assert newest.reported == (200 + 2 * (90 % 7)) // 2
    assert newest.interval == Interval(*[2 * newest.reported] * 3)
    assert newest.expects_change
    assert all(one.interval == Interval(*[one.reported] * 3) for one in found[:-1] if one.reported)


def test_the_interval_is_as_wide_as_shares_vary() -> None:
    def share(delay: int) -> float:
        return 1 if delay else 0.5

    steady = of(daily(90, share, lambda _: 200))[-1].interval
    varied = of([one for on in range(91) for one in report(on, _varied(on))])[-1].interval
    assert steady is not None and varied is not None
    assert steady.width == 0 < varied.width
    assert varied.holds(200)


def _varied(on: int) -> list[int]:
    """All days have 200; of the newest between 80 and 120 are known."""
    return [200] * on + [80 + (on * 17) % 41]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (report(60, [100] * 61), Reason.TOO_FEW),
        (report(8, [100] * 9) + report(60, [100] * 61), Reason.TOO_FEW),
        # A report of the same days, so long after them that the source has ended.
        (report(60, [100] * 61) + report(120, [100] * 61), Reason.SETTLED),
    ],
)
def test_why_there_is_none(said: list[Logged], reason: Reason) -> None:
    newest = of(said)[-1]
    assert (newest.date, newest.reported) == (day(60), 100)
    assert (newest.reason, newest.interval) == (reason, None)
    assert not newest.expects_change


def test_a_day_without_a_count_has_its_reason() -> None:
    gap = [one for one in report(60, [100] * 61) if one.record.date != day(58)]
    found = {one.date: one for one in of([*report(20, [100] * 21), *gap])}
    assert found[day(58)].reason is found[day(59)].reason is Reason.NOT_REPORTED
    assert found[day(60)].reason is None
    assert of([]) == []


def test_a_report_that_comes_later_changes_nothing_of_an_earlier_moment() -> None:
    first = report(60, [100] * 61) + report(100, [100 + n % 3 for n in range(101)])
    everything = [*first, *report(200, [9] * 201)]
    assert seen.reports(everything, "phac") == [end_of(60), end_of(100), end_of(200)]
    assert seen.seen(everything, "phac", "confirmed", [end_of(100)]) == {end_of(100): known(first)}


series = st.lists(st.integers(-3, 400), min_size=90, max_size=90)


def vintages(first: list[int], second: list[int], third: list[int]) -> list[Logged]:
    return report(29, first[:30]) + report(59, second[:60]) + report(89, third)


@settings(max_examples=25, deadline=None)
@given(series, series, series)
def test_bounds_enclose_the_median_and_all_are_numbers(
    first: list[int], second: list[int], third: list[int]
) -> None:
    for one in of(vintages(first, second, third)):
        assert one.reason is None
        found = one.interval
        assert found is not None and found.lower <= found.expected <= found.upper
        assert one.reported is not None and found.lower >= min(0, one.reported)


@settings(max_examples=25, deadline=None)
@given(series)
def test_what_was_never_revised_is_expected_to_stay(new: list[int]) -> None:
    for one in of(vintages(new, new, new)):
        assert one.reported is not None
        assert one.interval == Interval(*[one.reported] * 3)


@settings(max_examples=10, deadline=None)
@given(series, series, series, st.randoms())
def test_the_same_records_in_any_order_give_the_same(
    first: list[int], second: list[int], third: list[int], random: Random
) -> None:
    said = vintages(first, second, third)
    assert of(random.sample(said, len(said))) == of(said)


def test_an_interval_is_widened_by_shares_of_its_width_and_scored() -> None:
    found = of_draws(np.arange(101, dtype=np.float64), 50)
    assert found == Interval(5, 50, 95)
    assert found.widened(0.5, -99) == Interval(-40, 50, 140)
    assert found.widened(0.5, 0) == Interval(0, 50, 140)
    assert found.widened(-0.1, 0) == Interval(14, 50, 86)
    assert found.widened(-1, 0) == Interval(50, 50, 50)
    assert of_draws(np.full(5, -4.0), 3) == Interval(0, 0, 0)
    assert of_draws(np.full(5, -4.0), -2) == Interval(-2, -2, -2)
    assert (found.holds(95), found.holds(96)) == (True, False)
    assert found.score(50) == 90
    assert found.score(97) == pytest.approx(90 + 20 * 2)
    assert (found.excess(95), found.excess(-4), found.excess(50)) == (0, 0.1, -0.5)


def test_a_factor_is_learnt_from_two_reports_and_from_one_a_scatter() -> None:
    """Half as many again on all days of the first report: it may have happened once, for any reason."""
    first = report(60, [100] * 61)
    once = of([*first, *report(120, [150] * 61 + [400] * 60)])[-1]
    assert (once.reported, once.interval) == (400, Interval(*[400 + 5 * 20] * 3))
    second = report(120, [150] * 61 + [400] * 60)
    twice = of([*first, *second, *report(180, [150] * 61 + [600] * 60 + [400] * 60)])[-1]
    assert (twice.reported, twice.interval) == (400, Interval(600, 600, 600))


def test_intervals_that_earlier_counts_fell_outside_of_are_widened() -> None:
    assert calibration.share([(Interval(0, 5, 10), 12)] * 20, 20) == 0.2
    assert calibration.share([(Interval(0, 5, 10), 9)] * 20, 20) == -0.1
    # A count far outside is one of twenty: at 90%, the eighteenth decides.
    held = [(Interval(0, 5, 10), 10)] * 19
    assert calibration.share([*held, (Interval(0, 5, 10), 500)], 20) == 0
    assert calibration.share([(Interval(0, 5, 10), 99)] * 19, 20) == 0


def test_calibration_looks_at_reports_whose_days_have_settled_alone() -> None:
    reports = [end_of(n) for n in range(60)]
    assert calibration.moments(reports) == [end_of(n) for n in range(24, 32)]
    assert calibration.moments(reports[:20]) == calibration.moments([]) == []
