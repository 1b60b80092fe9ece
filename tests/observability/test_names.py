"""Rules and dashboards speak only of what the services export."""

from __future__ import annotations

import re

import pytest

from reference import figures
from tests.observability import exported
from tests.observability.promql import Series, read


@pytest.fixture(scope="module")
def names() -> exported.Names:
    return exported.names()


def test_every_series_is_exported(expressions: dict[str, str], names: exported.Names) -> None:
    used = {(place, each.name) for place, text in expressions.items() for each in read(text).series}
    assert used
    assert {(place, name) for place, name in used if name not in names} == set()


def test_every_expression_reads_something(expressions: dict[str, str]) -> None:
    assert [place for place, text in expressions.items() if not read(text).series] == []


def test_every_label_is_one_of_the_series(expressions: dict[str, str], names: exported.Names) -> None:
    wrong = []
    for place, text in expressions.items():
        expression = read(text)
        known = {label for each in expression.series for label in names[each.name]} | exported.TARGET
        wrong += [(place, label) for label in expression.grouped - known]
        wrong += [
            (place, label)
            for each in expression.series
            for label, _, _ in each.matchers
            if label not in exported.TARGET | set(names[each.name])
        ]
    assert wrong == []


@pytest.mark.parametrize("label", ["outcome", "topic", "verdict"])
def test_values_that_the_code_fixes_are_its_own(
    expressions: dict[str, str], names: exported.Names, label: str
) -> None:
    asked = [
        (each, value)
        for text in expressions.values()
        for each in read(text).series
        for name, operator, value in each.matchers
        if name == label and operator in {"=", "!="}
    ]
    assert asked
    assert [(each, value) for each, value in asked if not _has(names, each, label, value)] == []


def test_groups_are_found(expressions: dict[str, str], names: exported.Names) -> None:
    groups = names["covid_consumer_lag_messages"]["group"]
    for text in expressions.values():
        for each in read(text).series:
            for label, operator, value in each.matchers:
                if label == "group":
                    pattern = value if operator == "=~" else re.escape(value)
                    assert any(re.fullmatch(pattern, group) for group in groups), value


def test_the_documentation_has_them_all(names: exported.Names) -> None:
    documented = set(re.findall(r"^\| `(covid_\w+)", figures.page(), re.M))
    families = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in names
        if name.startswith("covid_") and not name.endswith("_created")
    }
    assert documented == {name for name in families if not name.startswith("covid_stream_jvm_")}


def _has(names: exported.Names, series: Series, label: str, value: str) -> bool:
    return value in names[series.name][label]
