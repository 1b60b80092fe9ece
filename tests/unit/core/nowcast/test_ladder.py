"""The chain ladder: equal to published figures, and what holds of any triangle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from covid_core.metrics import Floats
from covid_core.nowcast.ladder import Bootstrap, Factor, Step, by_median, by_volume, fit, project

PAID = (
    (357848, 766940, 610542, 482940, 527326, 574398, 146342, 139950, 227229, 67948),
    (352118, 884021, 933894, 1183289, 445745, 320996, 527804, 266172, 425046),
    (290507, 1001799, 926219, 1016654, 750816, 146923, 495992, 280405),
    (310608, 1108250, 776189, 1562400, 272482, 352053, 206286),
    (443160, 693190, 991983, 769488, 504851, 470639),
    (396132, 937085, 847498, 805037, 705960),
    (440832, 847631, 1131398, 1063269),
    (359480, 1061648, 1443370),
    (376686, 986608),
    (344014,),
)
"""Claims by year of accident and of development: Taylor & Ashe (1983), Second moments of estimates of
outstanding claims, Journal of Econometrics 23, as Mack (1993) has them, whose results are below."""

FACTORS = (3.491, 1.747, 1.457, 1.174, 1.104, 1.086, 1.054, 1.077, 1.018)
VARIANCES = (160.28, 37.74, 41.97, 15.18, 13.73, 8.19, 0.447, 1.147)
"""In thousands; Mack's ninth is extrapolated, since it has a single origin."""
RESERVES = (95, 470, 710, 985, 1419, 2178, 3920, 4279, 4626)
"""In thousands, by year of accident from the second on; 18,681 in all."""
ERRORS = {4: 261, 5: 411, 6: 558, 7: 875, 8: 971, 9: 1363}
"""Mack's standard errors, in thousands, by year of accident: those that hang little on the extrapolation."""


def claims() -> Floats:
    triangle = np.full((10, 10), np.nan)
    for row, paid in enumerate(PAID):
        triangle[row, : len(paid)] = np.cumsum(paid)
    return triangle


def steps(triangle: Floats) -> list[Step]:
    found = [step for step in fit(triangle) if step is not None]
    assert len(found) == triangle.shape[1] - 1
    return found


def test_factors_and_variances_are_those_that_mack_published() -> None:
    found = steps(claims())
    assert [round(step.factor, 3) for step in found] == list(FACTORS)
    assert [step.variance / 1000 for step in found[:8]] == pytest.approx(VARIANCES, abs=0.005)
    assert [step.to for step in found] == list(range(1, 10))


def test_and_so_are_reserves() -> None:
    triangle = claims()
    ladder = fit(triangle)
    found = []
    for row in range(1, 10):
        latest = triangle[row, 9 - row]
        later = project(ladder, 9 - row, latest)
        assert later is not None
        found.append((later - latest) / 1000)
    assert [round(reserve) for reserve in found] == list(RESERVES)
    assert round(sum(found)) == 18_681


def test_the_bootstrap_errs_about_as_much_as_mack_says() -> None:
    triangle = claims()
    bootstrap = Bootstrap(fit(triangle), 5_000, 1)
    for row, error in ERRORS.items():
        drawn = bootstrap.settled(9 - row, triangle[row : row + 1, 9 - row])
        assert drawn is not None
        assert drawn.std() / 1000 == pytest.approx(error, rel=0.05), row


def test_a_rung_leads_to_the_next_one_on_which_enough_were_seen() -> None:
    nan = np.nan
    triangle = np.array([[10, nan, 20], [10, nan, 20], [nan, 5, 5], [10, 11, nan]], dtype=np.float64)
    first, second = fit(triangle, least=2)
    assert first is not None and (first.to, first.factor) == (2, 2)
    assert second is None
    assert project([first, second], 0, 7) == 14
    assert project([first, second], 1, 7) is None
    assert Bootstrap([first, second], 3, 1).settled(1, np.array([7.0])) is None


def test_one_day_out_of_all_proportion_moves_the_ratio_of_sums_and_not_the_median() -> None:
    before = np.full(28, 100.0)
    after = before.copy()
    after[3] = 20_000
    assert by_volume(before, after) > 8
    assert by_median(before, after) == 1


def test_zeros_alone_say_nothing_of_a_factor() -> None:
    zeros, after = np.zeros(3), np.array([0.0, 2.0, 0.0])
    assert by_volume(zeros, after) == by_median(zeros, after) == 1


counts = st.integers(-50, 5_000).map(float)
triangles = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(2, 5)),
    elements=st.one_of(counts, st.just(float("nan"))),
)
either = st.sampled_from([by_volume, by_median])


@given(triangles, either)
def test_no_triangle_gives_what_is_no_number(triangle: Floats, factor: Factor) -> None:
    bootstrap = Bootstrap(fit(triangle, 1, factor), 20, 1, factor)
    for rung in range(triangle.shape[1] - 1):
        drawn = bootstrap.settled(rung, np.array([0.0, 3.0]))
        assert drawn is None or (drawn.shape == (20, 2) and np.isfinite(drawn).all())


@given(arrays(np.float64, st.integers(2, 12), elements=counts), st.integers(2, 5), either, counts)
def test_what_was_never_revised_stays_as_it_is(
    said: Floats, rungs: int, factor: Factor, count: float
) -> None:
    ladder = fit(np.repeat(said[:, None], rungs, axis=1), 1, factor)
    assert project(ladder, 0, count) == pytest.approx(count, abs=1e-6)
    drawn = Bootstrap(ladder, 20, 1, factor).settled(0, np.array([count]))
    assert drawn is not None and drawn == pytest.approx(count, abs=1e-6)


@given(triangles, st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_draws(triangle: Floats, seed: int) -> None:
    draws = [Bootstrap(fit(triangle), 10, seed).settled(0, np.array([5.0])) for _ in range(2)]
    first, second = (None if each is None else each.tolist() for each in draws)
    assert first == second
