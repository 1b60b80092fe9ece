"""What the columns, statuses and sources are called and how each measure is computed, in English and French.

Pages, charts and documents take their words from here, so that a name, a unit or a formula is written once.
The arithmetic itself is `metrics`; `inputs` and `days` say what it looks at, and a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from covid_core.metrics import INPUTS, LOOKBACK
from covid_core.records import FIELDS, MERGED, Status
from covid_core.rows import COLUMNS
from covid_core.rt import REACH, RtNote


class Text(msgspec.Struct, frozen=True):
    """The same words in both languages."""

    en: str
    """In English."""
    fr: str
    """In French."""


class Form(StrEnum):
    """How a measure's numbers are written."""

    COUNT = "count"
    DECIMAL = "decimal"
    RATIO = "ratio"
    """A fraction of 1, shown in percent."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a row: a count or a metric.

    Its value on day t is computed from the counts `inputs` on the days t - k, for every k of `days`.
    `scalable`: it counts persons or tests, so that a share per 100,000 inhabitants makes sense.
    """

    column: str
    title: Text
    unit: Text
    formula: str
    explanation: Text
    reference: str
    form: Form
    inputs: tuple[str, ...]
    days: tuple[int, ...]
    scalable: bool = False


class Named(msgspec.Struct, frozen=True):
    """A status or a source, with its name and what it means."""

    id: str
    name: Text
    explanation: Text


_UNITS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "persons": Text("persons", "personnes"),
        "tests": Text("tests", "tests"),
        "persons/day": Text("persons per day", "personnes par jour"),
        "tests/day": Text("tests per day", "tests par jour"),
        "persons/100,000": Text("persons per 100,000 inhabitants", "personnes pour 100 000 habitants"),
        "persons/100,000/7 days": Text(
            "persons per 100,000 inhabitants and 7 days", "personnes pour 100 000 habitants en 7 jours"
        ),
        "1": Text("percent", "pour cent"),
        "days": Text("days", "jours"),
        "infected/case": Text("people infected by one case", "personnes infectées par cas"),
    }
)
"""The words for each unit of `rows`."""

_UNIT_OF: Final = {column.name: column.unit for column in COLUMNS}

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


def _unit(column: str) -> Text:
    unit = _UNIT_OF[column]
    if unit is None:
        raise LookupError(f"the column {column} has no unit")
    return _UNITS[unit]


def _count(field: str) -> Measure:
    what = _WHAT[field]
    return Measure(
        column=field,
        title=_CUMULATIVE[field],
        unit=_unit(field),
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
        unit=_unit(column),
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
        unit=_unit(column),
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


def _reproduction(column: str, title: Text, formula: str, explanation: Text) -> Measure:
    return Measure(
        column=column,
        title=title,
        unit=_unit(column),
        formula=formula,
        explanation=explanation,
        reference="Cori et al., Am J Epidemiol 178 (2013) 1505-1512, doi:10.1093/aje/kwt133; EpiEstim.",
        form=Form.DECIMAL,
        inputs=INPUTS[column],
        days=tuple(range(REACH + 1)),
    )


MEASURES: Final[tuple[Measure, ...]] = (
    *(_count(field) for field in FIELDS),
    *(_new(field) for field in FIELDS),
    *(_average(field) for field in FIELDS),
    Measure(
        column="active",
        title=Text("Active cases", "Cas actifs"),
        unit=_unit("active"),
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
        unit=_unit("incidence"),
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
        unit=_unit("incidence_7d"),
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
        unit=_unit("case_fatality_ratio"),
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
        unit=_unit("positivity_7d"),
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
        unit=_unit("doubling_time"),
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
    _reproduction(
        "rt",
        Text("Reproduction number (Rt)", "Taux de reproduction (Rt)"),
        "(1 + Σ I(s)) / (1/5 + Σ Λ(s)), s = t−6 … t; Λ(s) = Σ w(k) I(s−k), k = 1 … 60",
        Text(
            "How many people one case infects on average, by the method of Cori et al. (2013): the new cases "
            "I of the last 7 days against those who could have infected them, earlier cases weighted by the "
            "serial interval w (mean 5.9, sd 4.1 days unless set otherwise). Above 1 an epidemic grows. "
            "First, negative new cases are taken from the 60 days before them in proportion, and cases of up "
            "to 14 days that were reported together are spread over them. Null with a reason: a day of the 7 "
            "was not reported, or too little is known before them, or there are fewer than 11 cases.",
            "Le nombre moyen de personnes infectées par un cas, selon la méthode de Cori et coll. (2013) : "
            "les nouveaux cas I des 7 derniers jours face à ceux qui ont pu les infecter, les cas antérieurs "
            "pondérés par l’intervalle sériel w (moyenne 5,9, écart-type 4,1 jours sauf réglage contraire). "
            "Au-dessus de 1, l’épidémie croît. Auparavant, les nouveaux cas négatifs sont retranchés des 60 "
            "jours qui les précèdent en proportion, et les cas déclarés ensemble pour 14 jours au plus sont "
            "répartis entre ces jours. Vide, avec la raison : un des 7 jours n’a pas été déclaré, trop peu "
            "est connu avant eux, ou il y a moins de 11 cas.",
        ),
    ),
    _reproduction(
        "rt_lower",
        Text("Rt, lower end", "Rt, borne inférieure"),
        "2.5% quantile of Gamma(shape 1 + Σ I(s), scale 1 / (1/5 + Σ Λ(s)))",
        Text(
            "The lower end of the 95% credible interval of Rt: above 1, growth is certain by the model. It "
            "knows the chance of few cases, not errors of reporting.",
            "La borne inférieure de l’intervalle de crédibilité à 95 % de Rt : au-dessus de 1, la croissance "
            "est certaine selon le modèle. Il tient compte du hasard des petits nombres, non des erreurs de "
            "déclaration.",
        ),
    ),
    _reproduction(
        "rt_upper",
        Text("Rt, upper end", "Rt, borne supérieure"),
        "97.5% quantile of Gamma(shape 1 + Σ I(s), scale 1 / (1/5 + Σ Λ(s)))",
        Text(
            "The upper end of the 95% credible interval of Rt: below 1, decline is certain by the model.",
            "La borne supérieure de l’intervalle de crédibilité à 95 % de Rt : au-dessous de 1, le déclin "
            "est certain selon le modèle.",
        ),
    ),
)
"""Every count and metric, in the order of pages and lists."""

BY_COLUMN: Final[Mapping[str, Measure]] = MappingProxyType({measure.column: measure for measure in MEASURES})
"""The measure of each column that is one."""

STATUSES: Final[tuple[Named, ...]] = (
    Named(
        Status.MISSING,
        Text("Missing", "Manquant"),
        Text("The source left the cell blank.", "La source a laissé la case vide."),
    ),
    Named(
        Status.SUPPRESSED,
        Text("Suppressed", "Supprimé"),
        Text("The source withheld the number.", "La source n’a pas divulgué le nombre."),
    ),
    Named(
        Status.NOT_DUE,
        Text("No report due", "Aucun rapport prévu"),
        Text(
            "No report was due; the number is repeated from an earlier day.",
            "Aucun rapport n’était prévu; le nombre est repris d’un jour antérieur.",
        ),
    ),
    Named(
        Status.ENDED,
        Text("Ended", "Terminé"),
        Text("The source discontinued this series.", "La source a cessé de publier cette série."),
    ),
)
"""Why a count is not a plain number."""

RT_NOTES: Final[tuple[Named, ...]] = (
    Named(
        RtNote.NO_REPORT,
        Text("A day without a report", "Un jour sans rapport"),
        Text(
            "There is no Rt: the new cases of one of the 7 days are not known.",
            "Aucun Rt : les nouveaux cas d’un des 7 jours ne sont pas connus.",
        ),
    ),
    Named(
        RtNote.SHORT_HISTORY,
        Text("Too little is known before", "Trop peu est connu auparavant"),
        Text(
            "There is no Rt: of those who could have infected the cases of the 7 days, more than a fifth "
            "fall on days that are not known.",
            "Aucun Rt : parmi ceux qui ont pu infecter les cas des 7 jours, plus d’un cinquième tombe sur "
            "des jours inconnus.",
        ),
    ),
    Named(
        RtNote.FEW_CASES,
        Text("Fewer than 11 cases", "Moins de 11 cas"),
        Text(
            "There is no Rt: with so few cases within 7 days chance alone decides.",
            "Aucun Rt : avec si peu de cas en 7 jours, le hasard seul décide.",
        ),
    ),
    Named(
        RtNote.NO_INFECTORS,
        Text("No cases before", "Aucun cas auparavant"),
        Text(
            "There is no Rt: no earlier case could have infected those of the 7 days.",
            "Aucun Rt : aucun cas antérieur n’a pu infecter ceux des 7 jours.",
        ),
    ),
    Named(
        RtNote.NEGATIVES_LEFT,
        Text("Negative cases are left", "Des cas négatifs demeurent"),
        Text(
            "Use with care: a correction is larger than all cases of the 60 days before it.",
            "À utiliser avec prudence : une correction dépasse tous les cas des 60 jours qui la précèdent.",
        ),
    ),
    Named(
        RtNote.SPREAD,
        Text("Spread over days", "Répartis sur plusieurs jours"),
        Text(
            "Cases that were reported together for several days are spread evenly over them.",
            "Les cas déclarés ensemble pour plusieurs jours sont répartis également entre eux.",
        ),
    ),
)
"""Why there is no Rt, or what to know about one."""

SOURCES: Final[tuple[Named, ...]] = (
    Named(
        MERGED,
        Text("Merged", "Fusionnée"),
        Text(
            "computed, for Canada: of each field phac, then phac-weekly, and jhu outside both",
            "calculée, pour le Canada : pour chaque champ phac, puis phac-weekly, et jhu en dehors des deux",
        ),
    ),
    Named(
        "phac",
        Text("PHAC", "ASPC"),
        Text(
            "Public Health Agency of Canada, daily file",
            "Agence de la santé publique du Canada, fichier quotidien",
        ),
    ),
    Named(
        "phac-weekly",
        Text("PHAC, weekly", "ASPC, hebdomadaire"),
        Text(
            "Public Health Agency of Canada, weekly file",
            "Agence de la santé publique du Canada, fichier hebdomadaire",
        ),
    ),
    Named(
        "jhu",
        Text("JHU", "JHU"),
        Text(
            "Johns Hopkins University, Center for Systems Science and Engineering (CSSE)",
            "Université Johns Hopkins, Center for Systems Science and Engineering (CSSE)",
        ),
    ),
)
"""The publishers that the tracker reads, and the source that it computes; others name only themselves."""
