"""Episodes and gaps of a series, on days that can be counted by hand."""

from __future__ import annotations

import datetime as dt

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
    arrivals = [day(0), day(7), day(15), day(16)]
    assert list(gaps(arrivals, 7, day(16))) == [Episode(day(8), day(15), day(15), day(14), 8, 8)]
    (still,) = list(gaps(arrivals, 7, day(24)))[1:]
    assert still == Episode(day(17), day(24), None, day(24), 8, 8)
    assert list(gaps([], 7, day(24))) == []
