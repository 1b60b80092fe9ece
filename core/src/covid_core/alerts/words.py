"""What a rule says, in a few words of both languages."""

from __future__ import annotations

from typing import Final

from covid_core.alerts.rules import Change, Comparison, Correction, Growth, Interval, Rule, Stalled, Threshold
from covid_core.catalog.entries import Form, Text
from covid_core.catalog.measures import BY_COLUMN

_SIGNS: Final = {
    Comparison.ABOVE: ">",
    Comparison.AT_LEAST: "≥",
    Comparison.BELOW: "<",
    Comparison.AT_MOST: "≤",
}


def title(rule: Rule) -> Text:
    """The rule's own title, or one made of what it says."""
    if rule.title is not None:
        return rule.title
    measure = BY_COLUMN.get(rule.metric)
    name = measure.title if measure is not None else Text(rule.metric, rule.metric)
    ratio = measure is not None and measure.form is Form.RATIO
    said = _said(rule, ratio)
    if isinstance(rule, Threshold):
        return Text(f"{name.en} {said.en}", f"{name.fr} {said.fr}")
    return Text(f"{name.en}: {said.en}", f"{name.fr} : {said.fr}")


def _said(rule: Rule, ratio: bool) -> Text:
    match rule:
        case Threshold():
            return _for(rule.days, _joined(_SIGNS[rule.comparison], _number(rule.value, ratio)))
        case Growth():
            rise = _number(rule.rise, True)
            risen = Text(
                f"up by {rise.en} or more within {_days(rule.over).en}",
                f"hausse d’au moins {rise.fr} en {_days(rule.over).fr}",
            )
            return _for(rule.days, risen)
        case Interval():
            limit = _number(rule.value, ratio)
            return _for(
                rule.days,
                Text(f"whole interval above {limit.en}", f"tout l’intervalle au-dessus de {limit.fr}"),
            )
        case Stalled():
            days = _days(rule.days)
            return Text(f"no number for more than {days.en}", f"aucun nombre depuis plus de {days.fr}")
        case Correction():
            size = _number(rule.size, False)
            if rule.of is Change.DECREASE:
                return Text(f"lowered by {size.en} or more", f"baisse d’au moins {size.fr}")
            return Text(f"restated by {size.en} or more", f"révision d’au moins {size.fr}")


def _joined(sign: str, number: Text) -> Text:
    return Text(f"{sign} {number.en}", f"{sign} {number.fr}")


def _for(days: int, what: Text) -> Text:
    if days == 1:
        return what
    return Text(f"{what.en}, {days} days in a row", f"{what.fr}, {days} jours de suite")


def _days(number: int) -> Text:
    plural = "" if number == 1 else "s"
    return Text(f"{number} day{plural}", f"{number} jour{plural}")


def _number(number: float, ratio: bool) -> Text:
    plain = f"{number * 100 if ratio else number:,.12g}"
    french = plain.translate({ord(","): "\u202f", ord("."): ","})
    return Text(plain + "%", french + "\u00a0%") if ratio else Text(plain, french)
