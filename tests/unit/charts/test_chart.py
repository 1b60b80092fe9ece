"""The images."""

from __future__ import annotations

import datetime as dt
import io
import threading
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

from covid_charts import drawing
from covid_charts.chart import Format, figure
from covid_charts.series import METRICS, series
from covid_charts.words import Language
from covid_core.rows import Row

FIRST = dt.date(2021, 12, 20)


def row(day: int, **cells: Any) -> Row:
    return Row("phac", "CA-ON", FIRST + dt.timedelta(days=day), **cells)


def history(days: int = 40) -> list[Row]:
    """Growing counts with a decrease on the day 20 and a suppressed day 10."""
    rows = []
    for i in range(days):
        new = -1234 if i == 20 else 50 + i
        cells = {"confirmed": 1000 + i * 50, "new_confirmed": new, "avg7_confirmed": 45.5 + i}
        rows.append(row(i, **cells) if i != 10 else row(i, confirmed_status="suppressed"))
    return rows


def texts(svg: bytes) -> str:
    return "\n".join(ET.fromstring(svg).itertext())


def pixels(png: bytes) -> Any:
    return image.imread(io.BytesIO(png), format="png")


def test_a_png_of_its_size_with_the_colours_of_bars_line_correction_and_gap() -> None:
    drawn = pixels(figure(history(), "new_confirmed"))
    assert drawn.shape[:2] == (810, 1440)
    colours = {tuple(colour) for colour in (drawn[..., :3] * 255).round().astype(int).reshape(-1, 3)}
    assert {(0x9C, 0xCB, 0xE8), (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0xCC, 0x79, 0xA7)} <= colours


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.ENGLISH,
            [
                "Ontario (CA-ON): new cases",
                "persons per day",
                "7-day average",
                "correction (decrease)",
                "−1,234",
                "suppressed",
                "Source: Public Health Agency of Canada, daily file. Data to 28 Jan 2022.",
            ],
        ),
        (
            Language.FRENCH,
            [
                "Ontario (CA-ON)\u00a0: nouveaux cas",
                "personnes par jour",
                "moyenne sur 7 jours",
                "correction (baisse)",
                "−1\u202f234",
                "supprimé",
                "Données jusqu’au 28 janv. 2022.",
            ],
        ),
    ],
)
def test_what_an_svg_says_can_be_read(language: Language, words: list[str]) -> None:
    svg = figure(history(), "new_confirmed", Format.SVG, language)
    said = texts(svg)
    for word in words:
        assert word in said
    title = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == words[0]


def test_the_line_breaks_at_a_gap_and_a_day_alone_is_a_dot() -> None:
    rows = [
        row(0, deaths=1),
        row(1, deaths=2),
        row(2, deaths_status="missing"),
        row(3, deaths=4),
        row(5, deaths=6),
    ]
    plot = _plot(rows, "deaths")
    dots, line = plot.lines[1], plot.lines[2]
    np.testing.assert_array_equal(line.get_ydata(), [1, 2, np.nan, 4, np.nan, 6])
    np.testing.assert_array_equal(dots.get_ydata(), [4, 6])


def test_ratios_are_percentages() -> None:
    line = _plot([row(0, positivity_7d=0.25)], "positivity_7d").lines[2]
    np.testing.assert_array_equal(line.get_ydata(), [25])


def test_of_two_corrections_close_together_the_larger_has_its_size_written() -> None:
    rows = [row(i, confirmed=100, new_confirmed={50: -7, 51: -9, 90: -5}.get(i, 0)) for i in range(100)]
    assert {text.get_text() for text in _plot(rows, "confirmed").texts} == {"−9", "−5"}


def _plot(rows: list[Row], metric: str) -> Any:
    drawn = Figure()
    drawing.draw(drawn, series(rows, metric), Language.ENGLISH)
    return drawn.axes[0]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_drawn_where_there_is_nothing(metric: str) -> None:
    svg = figure([row(0, recovered_status="ended"), row(3)], metric, Format.SVG)
    assert "No numbers in this period" in texts(svg)


@pytest.mark.parametrize("form", Format)
def test_the_same_rows_give_the_same_bytes_from_any_thread(form: Format) -> None:
    expected = figure(history(), "confirmed", form)
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: made.append(figure(history()[::-1], "confirmed", form)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [expected] * 2
