"""How often one caller may ask."""

from __future__ import annotations

import pytest

from covid_api.limiter import Limiter, site


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limiter: Limiter, caller: str, most: int) -> int:
    """Requests that may go on, of so many at once."""
    return sum(limiter.wait(caller) == 0 for _ in range(most))


def test_a_burst_and_then_so_many_a_second(clock: Clock) -> None:
    limiter = Limiter(2, 10, clock)
    assert taken(limiter, "a", 50) == 10
    clock.seconds += 3
    assert taken(limiter, "a", 50) == 6
    clock.seconds += 3600
    assert taken(limiter, "a", 50) == 10


def test_the_seconds_told_are_enough_and_not_more(clock: Clock) -> None:
    limiter = Limiter(0.5, 3, clock)
    taken(limiter, "a", 3)
    seconds = limiter.wait("a")
    assert seconds == pytest.approx(2)
    clock.seconds += seconds - 0.01
    assert limiter.wait("a") > 0
    clock.seconds += 0.02
    assert limiter.wait("a") == 0


def test_who_is_refused_does_not_wait_longer_for_asking(clock: Clock) -> None:
    limiter = Limiter(1, 1, clock)
    taken(limiter, "a", 1000)
    clock.seconds += 1.01
    assert limiter.wait("a") == 0


def test_callers_do_not_share(clock: Clock) -> None:
    limiter = Limiter(1, 2, clock)
    assert [taken(limiter, caller, 5) for caller in "abc"] == [2, 2, 2]


def test_no_limit(clock: Clock) -> None:
    assert taken(Limiter(0, 1, clock), "a", 5000) == 5000


def test_memory_is_bounded_and_who_asks_is_kept(clock: Clock) -> None:
    limiter = Limiter(1, 2, clock, callers=100)
    taken(limiter, "busy", 2)
    for number in range(1000):
        limiter.wait(str(number))
        assert limiter.wait("busy") > 0
    assert len(limiter._due) == 100


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_caller(host: str, counted: str) -> None:
    assert site(host) == counted
