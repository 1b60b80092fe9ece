"""A region's metric over time as one image."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from covid_charts import drawing, words
from covid_charts.series import Series, series
from covid_charts.words import Language
from covid_core.rows import Row

INCHES: Final = (9.6, 5.4)
DPI: Final = 150
"""Of a PNG: 1440 x 810 pixels, sharp on a dense screen and legible on a slide."""

_STYLE: Final[dict[RcKeyType, Any]] = {
    # Text stays text, for readers aloud and for search; the viewer's sans serif stands in for DejaVu.
    "svg.fonttype": "none",
    # The same rows give the same bytes.
    "svg.hashsalt": "covid-charts",
    "font.family": "sans-serif",
    "font.size": 10,
    "hatch.linewidth": 0.6,
}

_drawing = threading.Lock()
"""matplotlib's settings and caches are the process's: one chart at a time."""


class Format(StrEnum):
    """What an image may be."""

    PNG = "png"
    SVG = "svg"


def figure(
    rows: Sequence[Row],
    metric: str,
    form: Format = Format.PNG,
    language: Language = Language.ENGLISH,
) -> bytes:
    """The chart of one source's rows of one region, in any order: the same rows give the same bytes.

    New counts are bars with their 7-day average, everything else is a line that breaks wherever a day has no
    number; a strip below says why. Days on which the cumulative count went down are marked. Of each row only
    the columns of `series.columns(metric)` are looked at. About 0.3 s of one processor.

    Raises `KeyError` for a metric that is not of `series.METRICS`, `ValueError` for no live row at all, and
    for rows of several sources or regions.
    """
    shown = series(rows, metric)
    # The process's own settings are left as they are, and do not show in the chart either.
    with _drawing, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        drawn = Figure(figsize=INCHES, dpi=DPI)
        FigureCanvasAgg(drawn)
        drawing.draw(drawn, shown, language)
        return _saved(drawn, form, _metadata(shown, form, language))


def _saved(drawn: Figure, form: Format, metadata: dict[str, Any]) -> bytes:
    image = io.BytesIO()
    drawn.savefig(image, format=form.value, metadata=metadata)
    return image.getvalue()


def _metadata(shown: Series, form: Format, language: Language) -> dict[str, Any]:
    """What a screen reader or a file manager tells of the image; no date, which would differ each time."""
    said = {
        "Title": words.title(shown.region, shown.metric, language),
        "Description": drawing.credit(shown, language),
    }
    if form is Format.PNG:
        # Latin-1 is what PNG's plain texts may be.
        return {name: text.encode("latin-1", "replace").decode("latin-1") for name, text in said.items()}
    return {**said, "Date": None, "Language": language.value}
