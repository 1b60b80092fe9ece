"""The job's own tables, in Iceberg: every record that files ever gave, and every row that they make.

A run adds the records of the files that are new and makes the rows of their regions again, from all records.
Records are merged as everywhere (`covid_core.merging`), so one that comes twice, after a run that was cut
off, changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from pyspark.sql import DataFrame, SparkSession

from covid_batch import metrics
from covid_batch.schema import IN_THE_LOG, RECORD_DDL, ROW_DDL
from covid_batch.stores.errors import Unusable
from covid_core.metrics import DEFINITION

RECORDS, METRICS = "batch_glue_records", "batch_glue_metrics"
ROWS_DDL = ", ".join(part for part in ROW_DDL.split(", ") if part.split()[0] not in IN_THE_LOG)
"""A row as files give it: without what speaks of the log."""
COUNTRIES_KEY, DEFINITION_KEY = "covid.countries", "covid.definition"
"""Properties of the tables: what their content was made for."""
_NOTHING: Final = "not said"
RETENTION: Final = dt.timedelta(days=7)
"""How long what a table held before can still be read."""


@dataclass(frozen=True)
class Tables:
    """The two tables of a database of an Iceberg catalog that Spark knows by `catalog`.

    `job`: the name of the job whose bookmark says which files are new.
    """

    spark: SparkSession
    catalog: str
    database: str
    job: str

    def prepare(self, countries: frozenset[str] | None) -> None:
        """Make what is missing. Regions are partitions: what a run replaces is whole ones.

        `countries`: codes of those whose records are kept, None for all. Raises `Unusable` where the tables
        were made for others or by another definition of the metrics: a run reads only what is new, so the
        rest would stay as it was.
        """
        wanted = {
            COUNTRIES_KEY: "all" if countries is None else ",".join(sorted(countries)),
            DEFINITION_KEY: str(DEFINITION),
        }
        properties = ", ".join(f"'{key}' = '{value}'" for key, value in wanted.items())
        for name, ddl in ((RECORDS, RECORD_DDL), (METRICS, ROWS_DDL)):
            self.spark.sql(
                f"CREATE TABLE IF NOT EXISTS {self._name(name)} ({ddl}) USING iceberg "
                f"PARTITIONED BY (region) TBLPROPERTIES ({properties})"
            )
        for name in (RECORDS, METRICS):
            shown = self.spark.sql(f"SHOW TBLPROPERTIES {self._name(name)}").collect()
            held = {row["key"]: row["value"] for row in shown}
            for key, value in wanted.items():
                if held.get(key) != value:
                    raise Unusable(
                        f"{name}: {key} is {held.get(key, _NOTHING)}, for this run {value}: drop {RECORDS} "
                        f"and {METRICS}, `aws glue reset-job-bookmark --job-name {self.job}`, then run it "
                        "again"
                    )

    def update(self, records: DataFrame) -> None:
        """Add records (`RECORD_DDL`) and make the rows of their regions again; two commits, each whole.

        Snapshots older than `RETENTION` and what only they had are removed then.
        """
        kept = self.spark.table(self._name(RECORDS))
        new = records.dropDuplicates().join(kept, ["region", "value"], "left_anti")
        new.sortWithinPartitions("region").writeTo(self._name(RECORDS)).append()
        # Of every record that was read, not only of those that were new: the run before may have been cut off
        # between the two commits.
        regions = records.select("region").distinct()
        merged = self.spark.table(self._name(RECORDS)).join(regions, "region", "left_semi")
        rows = metrics.from_files(merged)
        rows.sortWithinPartitions("region", "source", "date").writeTo(
            self._name(METRICS)
        ).overwritePartitions()
        for name in (RECORDS, METRICS):
            self._expire(name)

    def rows(self) -> DataFrame:
        """Every row, tombstones included."""
        return self.spark.table(self._name(METRICS))

    def _expire(self, name: str) -> None:
        oldest = dt.datetime.now(dt.UTC) - RETENTION
        self.spark.sql(
            f"CALL {self.catalog}.system.expire_snapshots(table => '{self.database}.{name}', "
            f"older_than => TIMESTAMP '{oldest:%Y-%m-%d %H:%M:%S}+00:00')"
        )

    def _name(self, table: str) -> str:
        return f"{self.catalog}.{self.database}.{table}"
