"""Charts of characters."""

from __future__ import annotations

from typing import Any

import pytest

from covid_cli.records import plot
from covid_core.rows import Row

WIDTH, HEIGHT = 80, 20


def day(number: int, **cells: Any) -> dict[str, Any]:
    names = [name for metric in plot.METRICS for name in plot.fields_for(metric)]
    return {"date": f"2021-01-{number:02}", **dict.fromkeys(names), **cells}


def ink(text: str) -> int:
    """Dots that are set in the characters of the picture."""
    return sum(
        (ord(character) - 0x2800).bit_count() for character in text if "\u2800" < character <= "\u28ff"
    )


@pytest.mark.parametrize("metric", plot.METRICS)
def test_every_metric_fits_the_terminal(metric: str) -> None:
    rows = [day(1, **{metric: 5}), day(2, **{metric: 7})]
    picture = plot.render(metric, rows, WIDTH, HEIGHT)
    lines = picture.splitlines()
    assert len(lines) <= HEIGHT
    assert max(map(len, lines)) <= WIDTH + 10
    assert set(plot.fields_for(metric)) <= set(Row.__struct_fields__)


def test_a_line_is_not_drawn_over_a_gap() -> None:
    joined = plot.render("deaths", [day(1, deaths=1), day(2, deaths=5), day(3, deaths=9)], WIDTH, HEIGHT)
    broken = plot.render("deaths", [day(1, deaths=1), day(2), day(3, deaths=9)], WIDTH, HEIGHT)
    assert ink(broken) < ink(joined)


def test_ratios_are_percentages() -> None:
    picture = plot.render(
        "positivity_7d", [day(1, positivity_7d=0.25), day(2, positivity_7d=0.5)], WIDTH, HEIGHT
    )
    assert "(percent)" in picture
    assert " 50 |" in picture or " 51 |" in picture or " 49 |" in picture


def test_what_the_picture_cannot_say() -> None:
    rows = [
        day(1, new_confirmed=-5),
        day(2, new_confirmed=-7000),
        day(3, confirmed_status="suppressed"),
        day(4, confirmed_status="suppressed"),
        day(5),
        day(6, new_confirmed=3),
    ]
    assert list(plot.notes("new_confirmed", rows)) == [
        "Dots: each day; line: 7-day average.",
        "Corrections (decreases): 2, the largest 2021-01-02 (-7,000), 2021-01-01 (-5).",
        "Days without a number: 2 suppressed, 1 no report or not computable.",
    ]
    assert list(plot.notes("deaths", [day(1, deaths=1)])) == []
