"""Rt and the ends of its interval, and the notes that a day's estimate may have."""

from __future__ import annotations

from typing import Final

from covid_core.catalog.entries import Form, Measure, Named, Text
from covid_core.catalog.units import unit_of
from covid_core.metrics import INPUTS
from covid_core.rt import REACH, RtNote


def _reproduction(column: str, title: Text, formula: str, explanation: Text) -> Measure:
    return Measure(
        column=column,
        title=title,
        unit=unit_of(column),
        formula=formula,
        explanation=explanation,
        reference="Cori et al., Am J Epidemiol 178 (2013) 1505-1512, doi:10.1093/aje/kwt133; EpiEstim.",
        form=Form.DECIMAL,
        inputs=INPUTS[column],
        days=tuple(range(REACH + 1)),
    )


RT_MEASURES: Final = (
    _reproduction(
        "rt",
        Text("Reproduction number (Rt)", "Taux de reproduction (Rt)"),
        "(1 + Σ I(s)) / (1/5 + Σ Λ(s)), s = t−6 … t; Λ(s) = Σ w(k) I(s−k), k = 1 … 60",
        Text(
            "How many people one case infects on average, by the method of Cori et al. (2013): the new cases "
            "I of the last 7 days against those who could have infected them, earlier cases weighted by the "
            "serial interval w (mean 5.9, sd 4.1 days unless set otherwise). Above 1 an epidemic grows. "
            "First, negative new cases are taken from the 60 days before them in proportion, and cases of up "
            "to 14 days that were reported together are spread over them; a count that is repeated on 6 days "
            "or more and then rises by 11 or more was not reported meanwhile. Null with a reason: a day of "
            "the 7 was not reported, or too little is known before them, or there are fewer than 11 cases.",
            "Le nombre moyen de personnes infectées par un cas, selon la méthode de Cori et coll. (2013) : "
            "les nouveaux cas I des 7 derniers jours face à ceux qui ont pu les infecter, les cas antérieurs "
            "pondérés par l’intervalle sériel w (moyenne 5,9, écart-type 4,1 jours sauf réglage contraire). "
            "Au-dessus de 1, l’épidémie croît. Auparavant, les nouveaux cas négatifs sont retranchés des 60 "
            "jours qui les précèdent en proportion, et les cas déclarés ensemble pour 14 jours au plus sont "
            "répartis entre ces jours ; un nombre répété 6 jours ou plus, puis accru d’au moins 11, n’a pas "
            "été déclaré entre-temps. Vide, avec la raison : un des 7 jours n’a pas été déclaré, trop peu "
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
"""Rt, and the interval in which it lies."""

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
