"""What a chart says, and how it writes numbers and dates, in English and French."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from covid_core import regions
from covid_core.catalog.codes import SOURCES
from covid_core.catalog.entries import Text
from covid_core.catalog.measures import MEASURES
from covid_core.records import FIELDS
from covid_core.rows import COLUMNS


class Language(StrEnum):
    """What a chart is written in."""

    ENGLISH = "en"
    FRENCH = "fr"


class Gap(StrEnum):
    """Why a day has no number of its own: the statuses of a count, and two more."""

    MISSING = "missing"
    SUPPRESSED = "suppressed"
    NOT_DUE = "not_due"
    ENDED = "ended"
    NO_REPORT = "no_report"
    """The source has no row of the day, or its row says nothing about the count."""
    UNDEFINED = "undefined"
    """The day has its counts, but the metric cannot be computed from them."""


class _Words(NamedTuple):
    english: str
    french: str

    def in_(self, language: Language) -> str:
        return self.english if language is Language.ENGLISH else self.french


_MEASURES: Final = {measure.column: measure for measure in MEASURES}
_SOURCES: Final = {source.id: source for source in SOURCES}

_GAPS: Final[Mapping[Gap, _Words]] = MappingProxyType(
    {
        Gap.MISSING: _Words("missing", "manquant"),
        Gap.SUPPRESSED: _Words("suppressed", "supprimé"),
        Gap.NOT_DUE: _Words("not due", "non attendu"),
        Gap.ENDED: _Words("ended", "terminé"),
        Gap.NO_REPORT: _Words("no report", "aucun rapport"),
        Gap.UNDEFINED: _Words("cannot be computed", "non calculable"),
    }
)

_PHRASES: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "cumulative": _Words(", cumulative", ", cumul"),
        "daily": _Words("daily", "par jour"),
        "average": _Words("7-day average", "moyenne sur 7 jours"),
        "correction": _Words("correction (decrease)", "correction (baisse)"),
        "source": _Words("Source: ", "Source\u00a0: "),
        "and": _Words("; ", "\u00a0; "),
        "to": _Words("Data to ", "Données jusqu’au "),
        "nothing": _Words("No numbers in this period", "Aucun nombre dans cette période"),
    }
)

_MONTHS: Final = _Words(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "janv. févr. mars avr. mai juin juill. août sept. oct. nov. déc.",
)

PERCENT: Final = "1"
"""The unit of ratios, which are written as percentages."""

UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {column.name: column.unit for column in COLUMNS if column.unit is not None}
)
"""The unit of each column that can be drawn."""


def title(region: str, metric: str, language: Language) -> str:
    """E.g. `Ontario: new confirmed cases`."""
    known = regions.get(region)
    name = (known.name_fr or known.name) if language is Language.FRENCH else known.name
    colon = "\u00a0:" if language is Language.FRENCH else ":"
    text = _in(_MEASURES[metric].title, language)
    cumulative = phrase("cumulative", language) if metric in FIELDS else ""
    return f"{name} ({region}){colon} {text[0].lower()}{text[1:]}{cumulative}"


def unit(metric: str, language: Language) -> str:
    """The unit in words."""
    return _in(_MEASURES[metric].unit, language)


def gap(reason: Gap, language: Language) -> str:
    """Why a day has no number of its own."""
    return _GAPS[reason].in_(language)


def phrase(name: str, language: Language) -> str:
    """One of a chart's other words."""
    return _PHRASES[name].in_(language)


def source(slug: str, language: Language) -> str:
    """A source's name, or its slug where it has none."""
    known = _SOURCES.get(slug)
    return slug if known is None else _in(known.explanation, language)


def _in(text: Text, language: Language) -> str:
    return text.fr if language is Language.FRENCH else text.en


def number(value: float, language: Language, digits: int = 0) -> str:
    """With the language's separators and a true minus sign, e.g. `−11,193` or `−11 193`."""
    text = f"{value:,.{digits}f}".replace("-", "−")
    if language is Language.FRENCH:
        # Thin no-break space and comma, as the Translation Bureau of Canada writes them.
        text = text.translate({ord(","): "\u202f", ord("."): ","})
    return text


def tick(value: float, language: Language) -> str:
    """A number of an axis, with as many decimals as it has (at most 6)."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return number(value, language, len(text.partition(".")[2]))


def day(date: dt.date, language: Language) -> str:
    """E.g. `5 Jun 2022`, `5 juin 2022`, `1er juin 2022`."""
    return f"{day_of_year(date, language)} {date.year}"


def day_of_year(date: dt.date, language: Language) -> str:
    """E.g. `5 Jun`, `5 juin`, `1er juin`."""
    ordinal = "1er" if language is Language.FRENCH and date.day == 1 else str(date.day)
    return f"{ordinal} {month(date, language)}"


def period(first: dt.date, last: dt.date, language: Language) -> str:
    """From a day to another, both included."""
    return day(first, language) if first == last else f"{day(first, language)} – {day(last, language)}"


def month(date: dt.date, language: Language) -> str:
    """E.g. `Jun`, `juin`."""
    return _MONTHS.in_(language).split()[date.month - 1]
