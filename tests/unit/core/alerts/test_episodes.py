"""Episodes and gaps of a series, on days that can be counted by hand."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from covid_core.alerts.episodes import SILENT_DAYS, Episode, Point, episodes, gaps

FIRST = dt.date(2021, 12, 1)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(number)


def points(numbers: dict[int, float], limit: float = 10) -> list[Point]:
    return [Point(day(place), number, number > limit) for place, number in numbers.items()]


def test_it_begins_once_it_was_so_long_enough_and_ends_with_the_first_day_that_was_not() -> None:
    series = points({0: 1, 1: 11, 2: 12, 3: 30, 4: 20, 5: 9})
    assert episodes(series, 3, day(5)) == [Episode(day(1), day(3), day(5), day(4), 20, 30)]
    assert episodes(series, 5, day(5)) == []


def test_at_the_newest_day_it_goes_on() -> None:
    assert episodes(points({0: 11, 1: 12}), 2, day(1)) == [Episode(day(0), day(1), None, day(1), 12, 12)]


def test_days_without_a_number_are_passed_over_but_not_for_ever() -> None:
    near = points({0: 11, SILENT_DAYS: 12})
    assert episodes(near, 2, day(SILENT_DAYS))[0].onset == day(SILENT_DAYS)
    far = points({0: 11, SILENT_DAYS + 1: 12})
    assert [(one.day, one.until) for one in episodes(far, 1, day(SILENT_DAYS + 1))] == [
        (day(0), day(SILENT_DAYS + 1)),
        (day(SILENT_DAYS + 1), None),
    ]
    assert episodes(far, 2, day(SILENT_DAYS + 1)) == []


def test_a_series_that_has_ended_says_nothing_of_today() -> None:
    one = points({0: 11})
    assert episodes(one, 1, day(SILENT_DAYS))[0].until is None
    assert episodes(one, 1, day(SILENT_DAYS + 1))[0].until == day(SILENT_DAYS + 1)


def test_gaps_are_longer_than_was_allowed() -> None:
    arrivals = [day(0), day(8), day(17), day(18)]
    assert list(gaps(arrivals, 7, day(18))) == [Episode(day(9), day(16), day(17), day(16), 8, 8)]
    assert len(list(gaps(arrivals, 7, day(25)))) == 1
    (still,) = list(gaps(arrivals, 7, day(26)))[1:]
    assert still == Episode(day(19), day(26), None, day(26), 8, 8)
    assert list(gaps([], 7, day(26))) == []


def test_of_numbers_a_week_apart_six_days_are_without_one() -> None:
    weekly = [day(0), day(7), day(14)]
    assert list(gaps(weekly, 6, day(14))) == []
    assert [one.number for one in gaps(weekly, 5, day(14))] == [6, 6]


@pytest.mark.parametrize("silent", range(1, 10))
def test_an_arrival_ends_the_gap_that_stood_the_day_before_and_begins_none(silent: int) -> None:
    following = day(silent + 1)
    stood = list(gaps([day(0)], 5, day(silent)))
    ended = list(gaps([day(0), following], 5, following))
    assert ended == [msgspec.structs.replace(one, until=following) for one in stood]
    assert all(one.onset <= one.day < following for one in ended)
