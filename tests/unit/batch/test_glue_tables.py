"""Glue's own tables hold what one list of countries and one definition of the metrics give."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from pyspark.sql import SparkSession

from covid_batch import metrics
from covid_batch.glue import tables
from covid_batch.glue.tables import METRICS, RECORDS, Tables
from covid_batch.stores.errors import Unusable
from covid_batch.troubles import sentence
from covid_core.metrics import DEFINITION


class Catalog:
    """A Spark that keeps tables' properties."""

    def __init__(self) -> None:
        self.properties: dict[str, dict[str, str]] = {}
        self.answer: list[dict[str, str]] = []

    def sql(self, statement: str) -> Catalog:
        if made := re.match(r"CREATE TABLE IF NOT EXISTS (\S+) .* TBLPROPERTIES \((.*)\)$", statement):
            given = dict(re.findall(r"'([^']*)' = '([^']*)'", made[2]))
            self.properties.setdefault(made[1], given)
        elif shown := re.match(r"SHOW TBLPROPERTIES (\S+)$", statement):
            found = self.properties[shown[1]]
            self.answer = [{"key": key, "value": value} for key, value in found.items()]
        return self

    def collect(self) -> Any:
        return self.answer


def prepare(catalog: Catalog, countries: frozenset[str] | None) -> None:
    Tables(cast(SparkSession, catalog), "ice", "covid_batch", "covid-glue-rows").prepare(countries)


CANADA = frozenset({"CA"})


def test_tables_are_made_once_and_say_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog()
    monkeypatch.setattr(tables, "DEFINITION", 7)
    for _ in range(2):
        prepare(catalog, frozenset({"US", "CA"}))
    made = {"covid.countries": "CA,US", "covid.definition": "7"}
    assert catalog.properties == {f"ice.covid_batch.{name}": made for name in (RECORDS, METRICS)}


@pytest.mark.parametrize("countries", [frozenset({"CA", "US"}), None])
def test_other_countries_are_a_sentence_that_says_what_to_run(countries: frozenset[str] | None) -> None:
    catalog = Catalog()
    prepare(catalog, CANADA)
    with pytest.raises(Unusable) as raised:
        prepare(catalog, countries)
    wanted = "all" if countries is None else "CA,US"
    assert sentence(raised.value) == (
        f"batch_glue_records: covid.countries is CA, for this run {wanted}: drop batch_glue_records and "
        "batch_glue_metrics, `aws glue reset-job-bookmark --job-name covid-glue-rows`, then run it again"
    )


def test_another_definition_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog()
    prepare(catalog, CANADA)
    monkeypatch.setattr(tables, "DEFINITION", DEFINITION + 1)
    with pytest.raises(
        Unusable, match=f"covid.definition is {DEFINITION}, for this run {DEFINITION + 1}: drop"
    ):
        prepare(catalog, CANADA)


@pytest.mark.parametrize("name", [RECORDS, METRICS])
def test_a_table_that_does_not_say_is_another(name: str) -> None:
    catalog = Catalog()
    catalog.properties[f"ice.covid_batch.{name}"] = {"format-version": "2"}
    with pytest.raises(Unusable, match=f"{name}: covid.countries is not said"):
        prepare(catalog, CANADA)


def test_what_only_old_snapshots_have_is_removed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    spark = MagicMock()
    monkeypatch.setattr(metrics, "from_files", lambda records: MagicMock())
    Tables(spark, "ice", "covid_batch", "covid-glue-rows").update(MagicMock())
    called = [call.args[0].partition(", older_than => TIMESTAMP ") for call in spark.sql.call_args_list]
    assert [name for name, _, _ in called] == [
        f"CALL ice.system.expire_snapshots(table => 'covid_batch.{name}'" for name in (RECORDS, METRICS)
    ]
    oldest = dt.datetime.fromisoformat(called[0][2].strip("')"))
    age = dt.datetime.now(dt.UTC) - oldest
    assert tables.RETENTION <= age < tables.RETENTION + dt.timedelta(minutes=5)
