"""How far of the log stands in a table's snapshots."""

from __future__ import annotations

from covid_core.lake import Positions, newest, properties


def test_positions_come_back_from_a_summary() -> None:
    positions = Positions("abc", {1: 7, 0: 3})
    assert newest([properties(None, positions)]) == positions


def test_a_snapshot_of_somebody_else_is_passed_over() -> None:
    assert newest([{"operation": "replace"}, properties(None, Positions("abc", {0: 3}))]) == Positions(
        "abc", {0: 3}
    )
    assert newest([{}]) is None


def test_the_next_summary_keeps_what_a_commit_does_not_mention() -> None:
    before, now = Positions("abc", {0: 3, 1: 9}), Positions("abc", {0: 5})
    assert newest([properties(before, now)]) == Positions("abc", {0: 5, 1: 9})
    assert newest([properties(before, None)]) == before
    assert properties(None, None) == {}


def test_another_log_starts_anew() -> None:
    before, now = Positions("lost", {0: 300}), Positions("new", {0: 5})
    assert newest([properties(before, now)]) == now
    assert not now.covers("lost", 0, 1)
    assert now.covers("new", 0, 4)
    assert not now.covers("new", 0, 5)
