"""Rules from a file: what is read, and what is said of a file that cannot be used."""

from __future__ import annotations

import pytest

from covid_core.alerts.reading import METRICS, BadRules, default, read
from covid_core.alerts.rules import Comparison, Growth, Interval, Stalled, Threshold, covered, covers
from covid_core.alerts.words import title
from covid_core.catalog.entries import Text
from covid_core.regions import PROVINCES

THRESHOLD = """
[[rule]]
name = "high"
kind = "threshold"
regions = ["CA-*"]
metric = "incidence_7d"
comparison = ">"
value = 100
days = 3
"""


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(BadRules) as caught:
        read(text)
    return caught.value.problems


def test_a_rule_is_read() -> None:
    (rule,) = read(THRESHOLD)
    assert rule == Threshold(
        name="high",
        regions=("CA-*",),
        metric="incidence_7d",
        comparison=Comparison.ABOVE,
        value=100,
        days=3,
    )
    assert title(rule) == Text(
        "7-day incidence > 100, 3 days in a row", "Incidence sur 7 jours > 100, 3 jours de suite"
    )


def test_no_rules_are_an_answer_too() -> None:
    assert read("") == ()


def test_the_default_rules_are_usable_and_have_each_kind_whose_metric_exists() -> None:
    kinds = {type(rule) for rule in read(default())}
    assert {Threshold, Growth, Stalled} <= kinds


def test_a_pattern_means_places_and_a_code_anybody() -> None:
    (rule,) = read(THRESHOLD)
    assert covered(rule) == PROVINCES
    (travellers,) = read(THRESHOLD.replace("CA-*", "CA-XR"))
    assert covered(travellers) == ("CA-XR",)
    assert not covers(rule, "CA-XR")


def test_everything_wrong_is_said_at_once_by_rule_and_field() -> None:
    found = problems(
        THRESHOLD
        + THRESHOLD.replace("3", "0")
        + THRESHOLD.replace('"high"', '"low"').replace("incidence_7d", "hospitalised")
        + THRESHOLD.replace('"high"', '"far"').replace("CA-*", "ZZ")
        + THRESHOLD.replace('"high"', '"odd"').replace("threshold", "tide")
        + THRESHOLD.replace('"high"', '"more"') + 'colour = "red"\n'
        + THRESHOLD
    )  # fmt: skip
    assert found == (
        "rule high: days: Expected `int` >= 1",
        f"rule low: metric: there is no metric hospitalised; there are {', '.join(METRICS)}",
        "rule far: regions: 'ZZ' is no region's code, and no pattern of one, e.g. CA-ON or CA-*",
        "rule odd: kind: Invalid value 'tide'",
        "rule more: Object contains unknown field `colour`",
        "rule high: another one has the same name",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[rule]", "not TOML: "),
        ("rule = 1", "rule: must be a list"),
        ("[rules]", "rules: not known here"),
        ("[[rule]]\nkind = 'stalled'", "rule number 1: Object missing required field `name`"),
        (THRESHOLD.replace("100", "nan"), "rule high: value: "),
        (THRESHOLD.replace("100", "inf"), "rule high: value: "),
        (THRESHOLD.replace('["CA-*"]', '["US"]'), "rule high: source: merged is Canada's alone"),
        (THRESHOLD + 'source = "J H U"', "rule high: source: 'J H U' is no source's name"),
        (
            '[[rule]]\nname = "s"\nkind = "stalled"\nregions = ["CA"]\nmetric = "deaths"\ndays = 7',
            "rule s: regions: one region stalls only beside others",
        ),
        (
            '[[rule]]\nname = "c"\nkind = "correction"\nregions = ["CA"]\nmetric = "deaths"\n'
            'of = "restatement"\nsize = 7',
            "rule c: source: merged reports nothing itself",
        ),
        (
            '[[rule]]\nname = "c"\nkind = "correction"\nregions = ["CA"]\nmetric = "avg7_deaths"\n'
            'of = "decrease"\nsize = 7',
            "rule c: metric: sources correct counts",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


def test_an_interval_wants_the_columns_of_both_its_ends() -> None:
    text = '[[rule]]\nname = "rt"\nkind = "interval"\nregions = ["CA"]\nmetric = "{}"\nvalue = 1'
    assert isinstance(read(text.format("rt"))[0], Interval)
    assert problems(text.format("active"))[0].startswith(
        "rule rt: metric: there is no metric active_lower, active_upper;"
    )


def test_titles_say_the_rule_in_both_languages() -> None:
    growth = Growth(name="g", regions=("CA",), metric="avg7_deaths", rise=0.5, over=14, days=3)
    assert title(growth) == Text(
        "New deaths, 7-day average: up by 50% or more within 14 days, 3 days in a row",
        "Nouveaux décès, moyenne sur 7 jours : hausse d’au moins 50\u00a0% en 14 jours, 3 jours de suite",
    )
    high = Threshold(
        name="p", regions=("CA",), metric="positivity_7d", comparison=Comparison.AT_LEAST, value=0.075
    )
    assert title(high) == Text("Test positivity, 7 days ≥ 7.5%", "Taux de positivité, 7 jours ≥ 7,5\u00a0%")
    interval = Interval(name="i", regions=("CA",), metric="unnamed", value=1)
    assert title(interval).en == "unnamed: whole interval above 1"
    own = Text("Busy", "Occupé")
    assert title(Threshold(
        name="p", regions=("CA",), metric="deaths", comparison=Comparison.BELOW, value=1, title=own
    )) == own  # fmt: skip
