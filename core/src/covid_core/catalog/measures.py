"""The counts and metrics of a row.

The arithmetic itself is `covid_core.metrics`; `inputs` and `days` say what it looks at, and a test holds
them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from covid_core.catalog.entries import Form, Measure, Text
from covid_core.catalog.reproduction import RT_MEASURES
from covid_core.catalog.units import unit_of
from covid_core.metrics import INPUTS, LOOKBACK
from covid_core.records import FIELDS

_SYMBOL: Final = {"confirmed": "C", "deaths": "D", "recovered": "R", "tests": "T"}

_WHAT: Final = {
    "confirmed": Text("cases", "cas"),
    "deaths": Text("deaths", "décès"),
    "recovered": Text("recoveries", "rétablissements"),
    "tests": Text("tests", "tests"),
}

_CUMULATIVE: Final = {
    "confirmed": Text("Confirmed cases", "Cas confirmés"),
    "deaths": Text("Deaths", "Décès"),
    "recovered": Text("Recovered", "Personnes rétablies"),
    "tests": Text("Tests performed", "Tests effectués"),
}


def _count(field: str) -> Measure:
    what = _WHAT[field]
    return Measure(
        column=field,
        title=_CUMULATIVE[field],
        unit=unit_of(field),
        formula=f"{_SYMBOL[field]}(t)",
        explanation=Text(
            f"All {what.en} up to and including the day, as the source reported them or as a correction "
            "by a person says.",
            f"Tous les {what.fr} jusqu’à la date inclusivement, tels que déclarés par la source ou selon la "
            "correction d’une personne.",
        ),
        reference="PHAC Health Infobase data dictionary; JHU CSSE time series, README.",
        form=Form.COUNT,
        inputs=(field,),
        days=(0,),
        scalable=True,
    )


def _new(field: str) -> Measure:
    what, symbol = _WHAT[field], _SYMBOL[field]
    column = f"new_{field}"
    return Measure(
        column=column,
        title=Text(f"New {what.en}", f"Nouveaux {what.fr}"),
        unit=unit_of(column),
        formula=f"{symbol}(t) − {symbol}(t−1)",
        explanation=Text(
            "The change since the day before, with its sign: a negative number is a correction of earlier "
            "days by the source. Null on the first day and where an end is missing.",
            "La variation depuis la veille, avec son signe : un nombre négatif est une correction de jours "
            "antérieurs par la source. Vide le premier jour et lorsqu’une des deux valeurs manque.",
        ),
        reference="WHO, COVID-19 surveillance definitions, “new cases” as difference of cumulative counts.",
        form=Form.COUNT,
        inputs=INPUTS[column],
        days=(0, 1),
        scalable=True,
    )


def _average(field: str) -> Measure:
    what, symbol = _WHAT[field], _SYMBOL[field]
    column = f"avg7_{field}"
    return Measure(
        column=column,
        title=Text(f"New {what.en}, 7-day average", f"Nouveaux {what.fr}, moyenne sur 7 jours"),
        unit=unit_of(column),
        formula=f"({symbol}(t) − {symbol}(t−7)) / 7",
        explanation=Text(
            "The mean of the new counts of the last 7 days, which evens out weekdays.",
            "La moyenne des nouveaux nombres des 7 derniers jours, qui lisse l’effet du jour de la semaine.",
        ),
        reference="PHAC Health Infobase data dictionary, avgtotal_last7.",
        form=Form.DECIMAL,
        inputs=INPUTS[column],
        days=(0, LOOKBACK),
        scalable=True,
    )


MEASURES: Final[tuple[Measure, ...]] = (
    *(_count(field) for field in FIELDS),
    *(_new(field) for field in FIELDS),
    *(_average(field) for field in FIELDS),
    Measure(
        column="active",
        title=Text("Active cases", "Cas actifs"),
        unit=unit_of("active"),
        formula="C(t) − D(t) − R(t)",
        explanation=Text(
            "Confirmed cases that have neither died nor recovered; null where recoveries are not reported.",
            "Cas confirmés ni décédés ni rétablis; vide lorsque les rétablissements ne sont pas déclarés.",
        ),
        reference="PHAC Health Infobase data dictionary, numactive.",
        form=Form.COUNT,
        inputs=INPUTS["active"],
        days=(0,),
        scalable=True,
    ),
    Measure(
        column="incidence",
        title=Text("Cumulative incidence", "Incidence cumulative"),
        unit=unit_of("incidence"),
        formula="100,000 · C(t) / population",
        explanation=Text(
            "All confirmed cases per 100,000 inhabitants (population of 1 July 2021, Statistics Canada).",
            "Tous les cas confirmés pour 100 000 habitants (population au 1er juillet 2021, Statistique "
            "Canada).",
        ),
        reference="Last, A Dictionary of Epidemiology, “incidence proportion”.",
        form=Form.DECIMAL,
        inputs=INPUTS["incidence"],
        days=(0,),
    ),
    Measure(
        column="incidence_7d",
        title=Text("7-day incidence", "Incidence sur 7 jours"),
        unit=unit_of("incidence_7d"),
        formula="100,000 · (C(t) − C(t−7)) / population",
        explanation=Text(
            "New cases of the last 7 days per 100,000 inhabitants, which makes regions of different size "
            "comparable.",
            "Nouveaux cas des 7 derniers jours pour 100 000 habitants, ce qui rend comparables des régions "
            "de tailles différentes.",
        ),
        reference="ECDC, 7-day case notification rate.",
        form=Form.DECIMAL,
        inputs=INPUTS["incidence_7d"],
        days=(0, LOOKBACK),
    ),
    Measure(
        column="case_fatality_ratio",
        title=Text("Case fatality ratio", "Taux de létalité"),
        unit=unit_of("case_fatality_ratio"),
        formula="D(t) / C(t)",
        explanation=Text(
            "Deaths among confirmed cases, both cumulative. It depends on how much is tested, and lags "
            "while an epidemic grows.",
            "Décès parmi les cas confirmés, les deux cumulés. Il dépend de l’ampleur du dépistage et accuse "
            "un retard pendant la croissance d’une épidémie.",
        ),
        reference="WHO, Estimating mortality from COVID-19 (2020), crude case fatality ratio.",
        form=Form.RATIO,
        inputs=INPUTS["case_fatality_ratio"],
        days=(0,),
    ),
    Measure(
        column="positivity_7d",
        title=Text("Test positivity, 7 days", "Taux de positivité, 7 jours"),
        unit=unit_of("positivity_7d"),
        formula="(C(t) − C(t−7)) / (T(t) − T(t−7))",
        explanation=Text(
            "New cases divided by new tests, both of the last 7 days; null unless tests grew.",
            "Nouveaux cas divisés par les nouveaux tests, les deux des 7 derniers jours; vide si le nombre "
            "de tests n’a pas augmenté.",
        ),
        reference="WHO, Public health criteria to adjust public health and social measures (2020).",
        form=Form.RATIO,
        inputs=INPUTS["positivity_7d"],
        days=(0, LOOKBACK),
    ),
    Measure(
        column="doubling_time",
        title=Text("Doubling time", "Temps de doublement"),
        unit=unit_of("doubling_time"),
        formula="7 · ln 2 / ln(C(t) / C(t−7))",
        explanation=Text(
            "Days in which confirmed cases double at the growth of the last 7 days; null unless growing. "
            "Longer is slower.",
            "Nombre de jours pour que les cas confirmés doublent au rythme des 7 derniers jours; vide sans "
            "croissance. Plus il est long, plus la croissance est lente.",
        ),
        reference="Anderson & May, Infectious Diseases of Humans (1991), exponential growth.",
        form=Form.DECIMAL,
        inputs=INPUTS["doubling_time"],
        days=(0, LOOKBACK),
    ),
    *RT_MEASURES,
)
"""Every count and metric, in the order of pages and lists."""

BY_COLUMN: Final[Mapping[str, Measure]] = MappingProxyType({measure.column: measure for measure in MEASURES})
"""The measure of each column that is one."""
