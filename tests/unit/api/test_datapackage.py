"""The Data Package: what it says of each column, and of whose numbers they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

import frictionless
import pytest

from covid_api.datapackage import descriptor
from covid_api.query import OFFERED

NOW = dt.datetime(2026, 11, 26, 12, 0, 0, 999, tzinfo=dt.UTC)
ADDRESS = "http://localhost/v1/metrics?source={}&format=csv"
SOURCES = ("jhu", "merged", "my-lab", "phac")


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    return descriptor({source: ADDRESS.format(source) for source in SOURCES}, OFFERED, NOW)


@pytest.fixture(scope="module")
def fields(package: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}


def test_the_standard_s_own_library_takes_it(package: dict[str, Any]) -> None:
    # Raises for what the profiles of package, resource and table schema do not allow.
    read = frictionless.Package.from_descriptor(package)
    assert list(read.metadata_validate(package)) == []
    assert [resource.path for resource in read.resources] == [ADDRESS.format(source) for source in SOURCES]
    assert read.resources[0].schema.primary_key == ["source", "region", "date"]
    assert read.created == "2026-11-26T12:00:00Z"


def test_it_takes_no_other(package: dict[str, Any]) -> None:
    nowhere = {name: value for name, value in package["resources"][0].items() if name != "path"}
    with pytest.raises(frictionless.FrictionlessException):
        frictionless.Package.from_descriptor({**package, "resources": [nowhere]})


@pytest.mark.parametrize(
    ("source", "licences", "publishers"),
    [
        ("phac", ["OGL-Canada-2.0"], ["Public Health Agency of Canada", "Statistics Canada"]),
        ("jhu", ["CC-BY-4.0"], ["COVID-19 Data Repository by the Center for Systems Science", "Statistics"]),
        ("merged", ["OGL-Canada-2.0", "CC-BY-4.0"], ["Public Health", "COVID-19 Data", "Statistics Canada"]),
    ],
)
def test_licences_and_publishers(
    package: dict[str, Any], source: str, licences: list[str], publishers: list[str]
) -> None:
    (table,) = [each for each in package["resources"] if each["name"] == f"covid-{source}"]
    assert [licence["name"] for licence in table["licenses"]] == licences
    for found, begin in zip(table["sources"], publishers, strict=True):
        assert found["title"].startswith(begin)
    assert "licenses" not in package, "a table without licences would inherit the package's"


def test_of_a_publisher_s_own_table_no_licence_is_claimed(package: dict[str, Any]) -> None:
    (table,) = [each for each in package["resources"] if each["name"] == "covid-my-lab"]
    assert not {"licenses", "sources"} & set(table)


def test_every_column_is_described(fields: dict[str, dict[str, Any]]) -> None:
    assert list(fields) == [column.name for column in OFFERED]
    assert all(field["description"] for field in fields.values())
    assert {name: field["unit"] for name, field in fields.items() if "unit" in field} == {
        column.name: column.unit for column in OFFERED if column.unit
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "source",
            {"type": "string", "constraints": {"required": True, "pattern": "[a-z0-9][a-z0-9-]{0,62}"}},
        ),
        ("date", {"type": "date", "constraints": {"required": True}}),
        ("deaths", {"type": "integer", "unit": "persons", "formula": "D(t)", "constraints": {"minimum": 0}}),
        # Negative is a correction by the source.
        ("new_deaths", {"type": "integer", "unit": "persons/day", "formula": "D(t) − D(t−1)"}),
        ("incidence_7d", {"type": "number", "title": "7-day incidence"}),
        (
            "tests_status",
            {"type": "string", "constraints": {"enum": ["missing", "suppressed", "not_due", "ended"]}},
        ),
        ("revision", {"type": "integer", "constraints": {"required": True}}),
    ],
)
def test_columns(fields: dict[str, dict[str, Any]], name: str, said: dict[str, Any]) -> None:
    assert fields[name].items() >= said.items()


@pytest.mark.parametrize("name", ["new_deaths", "lineage", "doubling_time"])
def test_columns_of_which_nothing_is_promised(fields: dict[str, dict[str, Any]], name: str) -> None:
    assert "constraints" not in fields[name]
