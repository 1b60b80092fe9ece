"""Finding the rows that a store refuses, when it says only that something in a batch is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from covid_core.rows import Row


def refused(rows: Sequence[Row], attempt: Callable[[Sequence[Row]], str | None]) -> dict[str, list[Row]]:
    """Bisect `rows` by `attempt`, which returns why a batch is refused, or None when it is taken.

    Returns the refused rows by reason, in about k log2(n) attempts for k bad rows of n.
    """
    reason = attempt(rows)
    if reason is None:
        return {}
    if len(rows) == 1:
        return {reason: list(rows)}
    found: dict[str, list[Row]] = {}
    middle = len(rows) // 2
    for half in (rows[:middle], rows[middle:]):
        for why, bad in refused(half, attempt).items():
            found.setdefault(why, []).extend(bad)
    return found
