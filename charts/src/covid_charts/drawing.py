"""How a series looks."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter

from covid_charts import words
from covid_charts.series import Correction, Floats, Series
from covid_charts.words import PERCENT, UNIT, Gap, Language

# Okabe and Ito's colours, which people with any colour vision tell apart.
_LINE: Final = "#0072B2"
_BAR: Final = "#9CCBE8"
_CORRECTION: Final = "#D55E00"
_INK: Final = "#222222"
_QUIET: Final = "#555555"
_GRID: Final = "#E2E2E2"

_LABELLED: Final = 3
"""How many corrections, the largest, have their size written beside them."""

_LABEL_WIDTH: Final = 0.08
"""Of the axis: of two corrections nearer to each other only the larger has a label."""

_BAR_DAYS: Final = 0.86
_SHORTEST_DAYS: Final = 14
"""The axis is never narrower, so that few days do not look like a wall."""

_EPOCH: Final = dt.date(1970, 1, 1)
"""From which matplotlib counts days."""

_DAILY_TICKS: Final = 120
"""On a shorter axis the ticks are days, else months."""

_CREDIT_WIDTH: Final = 165
"""Characters of a line of the small print."""


class _Look(NamedTuple):
    colour: str
    hatch: str | None = None


_LOOKS: Final[Mapping[Gap, _Look]] = MappingProxyType(
    {
        Gap.MISSING: _Look("#8C8C8C"),
        Gap.SUPPRESSED: _Look("#CC79A7", "/////"),
        Gap.NOT_DUE: _Look("#F0E442"),
        Gap.ENDED: _Look("#3D3D3D"),
        Gap.NO_REPORT: _Look("#DCDCDC"),
        Gap.UNDEFINED: _Look("#B5DCCB"),
    }
)


def draw(figure: Figure, series: Series, language: Language) -> None:
    """Draw a series on an empty figure."""
    plot, strip = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [28, 1], "hspace": 0.03})
    figure.subplots_adjust(left=0.1, right=0.96, top=0.86, bottom=0.225)
    days: Floats = (series.first - _EPOCH).days + np.arange(series.values.size, dtype=np.float64)
    _axes(plot, strip, series, days, language)
    keys = [*_numbers(plot, series, days, language), *_corrections(plot, series, days, language)]
    keys += _gaps(strip, series, days, language)
    title = words.title(series.region, series.metric, language)
    figure.text(0.012, 0.972, title, size=14, weight="bold", color=_INK, va="top")
    figure.text(0.012, 0.905, words.unit(series.metric, language), color=_QUIET, va="top")
    small = textwrap.fill(credit(series, language), _CREDIT_WIDTH)
    figure.text(0.012, 0.015, small, size=7.5, color=_QUIET, va="bottom", linespacing=1.3)
    figure.legend(
        handles=keys,
        loc="center left",
        bbox_to_anchor=(0.004, 0.11),
        ncols=len(keys),
        frameon=False,
        fontsize=8.5,
        labelcolor=_INK,
        handlelength=1.5,
        columnspacing=1.5,
    )


def credit(series: Series, language: Language) -> str:
    """The small print: whose numbers they are, from when to when, and the date of the data."""
    to = words.phrase("to", language) + words.day(series.last, language)
    if len(series.parts) > 1:
        spans = (
            f"{words.source(part.source, language)} ({words.period(part.first, part.last, language)})"
            for part in series.parts
        )
        whose = words.phrase("and", language).join(spans)
    else:
        whose = words.source(series.parts[0].source if series.parts else series.source, language)
    return f"{words.phrase('source', language)}{whose}. {to}."


def _scaled(values: Floats, series: Series) -> Floats:
    return values * 100 if UNIT[series.metric] == PERCENT else values


def _numbers(plot: Axes, series: Series, days: Floats, language: Language) -> list[Artist]:
    values = _scaled(series.values, series)
    if np.isnan(values).all() and (series.average is None or np.isnan(series.average).all()):
        nothing = words.phrase("nothing", language)
        plot.text(0.5, 0.5, nothing, transform=plot.transAxes, ha="center", color=_QUIET, size=12)
        plot.set(ylim=(0, 1), yticks=[])
        return []
    if series.average is None:
        _line(plot, days, values)
        return []
    _bars(plot, days, values)
    line = _line(plot, days, series.average)
    line.set_label(words.phrase("average", language))
    return [Patch(facecolor=_BAR, label=words.phrase("daily", language)), line]


def _line(plot: Axes, days: Floats, values: Floats) -> Line2D:
    """A line that breaks where there is no number; a number alone between two breaks is a dot."""
    known = ~np.isnan(values)
    alone = known & ~np.append(known[1:], False) & ~np.insert(known[:-1], 0, False)
    plot.plot(days[alone], values[alone], "o", color=_LINE, markersize=2.6)
    (line,) = plot.plot(days, values, color=_LINE, linewidth=1.6, solid_joinstyle="round")
    return line


def _bars(plot: Axes, days: Floats, values: Floats) -> None:
    """All bars of a sign as one shape: a thousand of their own are slow to draw, and a large SVG.

    Their edge keeps a bar visible that is narrower than a pixel.
    """
    half = _BAR_DAYS / 2
    for sign, colour in ((1, _BAR), (-1, _CORRECTION)):
        chosen = np.nan_to_num(values) * sign > 0
        corners = [
            [(day - half, 0), (day - half, value), (day + half, value), (day + half, 0), (day - half, 0)]
            for day, value in zip(days[chosen], values[chosen], strict=True)
        ]
        if corners:
            bars = Path.make_compound_path(*(Path(each, closed=True) for each in corners))
            plot.add_patch(PathPatch(bars, facecolor=colour, edgecolor=colour, linewidth=0.4, snap=False))


def _corrections(plot: Axes, series: Series, days: Floats, language: Language) -> list[Artist]:
    if not series.corrections:
        return []
    at = [correction.at for correction in series.corrections]
    (mark,) = plot.plot(
        days[at],
        series.values[at],
        "v",
        color=_CORRECTION,
        markersize=5,
        linestyle="none",
        label=words.phrase("correction", language),
    )
    for correction in _labelled(series):
        left = correction.at > days.size * (1 - _LABEL_WIDTH)
        plot.annotate(
            words.number(correction.change, language),
            (days[correction.at], series.values[correction.at]),
            xytext=(-6 if left else 6, -3),
            textcoords="offset points",
            size=8,
            color=_CORRECTION,
            ha="right" if left else "left",
            va="top",
        )
    return [mark]


def _labelled(series: Series) -> list[Correction]:
    chosen: list[Correction] = []
    for correction in sorted(series.corrections, key=lambda correction: correction.change):
        apart = series.values.size * _LABEL_WIDTH
        if all(abs(correction.at - other.at) > apart for other in chosen):
            chosen.append(correction)
    return chosen[:_LABELLED]


def _gaps(strip: Axes, series: Series, days: Floats, language: Language) -> list[Artist]:
    found: dict[Gap, list[tuple[float, float]]] = {}
    for run in series.gaps:
        found.setdefault(run.gap, []).append((float(days[run.start]) - 0.5, float(run.length)))
    keys: list[Artist] = []
    for gap in Gap:
        if gap in found:
            look = _LOOKS[gap]
            strip.broken_barh(
                found[gap], (0, 1), facecolor=look.colour, hatch=look.hatch, edgecolor=_INK, linewidth=0
            )
            label = words.gap(gap, language)
            keys.append(
                Patch(facecolor=look.colour, hatch=look.hatch, edgecolor=_INK, linewidth=0.4, label=label)
            )
    return keys


def _axes(plot: Axes, strip: Axes, series: Series, days: Floats, language: Language) -> None:
    padding = max(0.0, _SHORTEST_DAYS - days.size) / 2 + max(0.5, days.size * 0.005)
    plot.set_xlim(days[0] - padding, days[-1] + padding)
    plot.grid(axis="y", color=_GRID, linewidth=0.8)
    plot.axhline(0, color=_QUIET, linewidth=0.8)
    plot.set_axisbelow(True)
    plot.margins(y=0.08)
    plot.tick_params(axis="x", length=0)
    plot.tick_params(axis="y", length=0, colors=_QUIET, labelsize=9)
    plot.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.tick(value, language)))
    for axes in (plot, strip):
        axes.spines[["top", "left", "right", "bottom"]].set_visible(False)
    strip.set_yticks([])
    strip.set_ylim(0, 1)
    strip.set_facecolor("#F7F7F7")
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    strip.xaxis.set_major_locator(locator)
    strip.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _date(at, days.size, language)))
    strip.tick_params(axis="x", length=3, colors=_QUIET, labelsize=9)


def _date(at: float, days: int, language: Language) -> str:
    date = _EPOCH + dt.timedelta(days=round(at))
    if days < _DAILY_TICKS:
        # On two lines, since the last tick may stand at the edge.
        return f"{words.day_of_year(date, language)}\n{date.year}"
    return f"{words.month(date, language)} {date.year}"
