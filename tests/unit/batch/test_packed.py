"""Regions in steps of a bounded size."""

from __future__ import annotations

from covid_batch.backfill.metrics import packed


def test_every_name_is_in_one_step_and_steps_are_about_as_large_as_asked() -> None:
    sizes = {f"R{number:03}": 10 + number % 7 for number in range(100)}
    steps = list(packed(sizes, 100))
    assert [name for step in steps for name in step] == sorted(sizes)
    assert all(100 <= sum(sizes[name] for name in step) < 117 for step in steps[:-1])


def test_a_name_that_is_larger_is_a_step_of_its_own() -> None:
    assert list(packed({"A": 500, "B": 1}, 100)) == [["A"], ["B"]]
    assert list(packed({}, 100)) == []
