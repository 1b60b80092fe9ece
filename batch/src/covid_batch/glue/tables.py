"""The job's own tables, in Iceberg: every record that files ever gave, and every row that they make.

A run adds the records of the files that are new and makes the rows of their regions again, from all records.
Records are merged as everywhere (`covid_core.merging`), so one that comes twice, after a run that was cut
off, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from covid_batch import metrics
from covid_batch.schema import IN_THE_LOG, RECORD_DDL, ROW_DDL

RECORDS, METRICS = "batch_glue_records", "batch_glue_metrics"
ROWS_DDL = ", ".join(part for part in ROW_DDL.split(", ") if part.split()[0] not in IN_THE_LOG)
"""A row as files give it: without what speaks of the log."""


@dataclass(frozen=True)
class Tables:
    """The two tables of a database of an Iceberg catalog that Spark knows by `catalog`."""

    spark: SparkSession
    catalog: str
    database: str

    def prepare(self) -> None:
        """Make what is missing. Regions are partitions: what a run replaces is whole ones."""
        for name, ddl in ((RECORDS, RECORD_DDL), (METRICS, ROWS_DDL)):
            self.spark.sql(
                f"CREATE TABLE IF NOT EXISTS {self._name(name)} ({ddl}) USING iceberg PARTITIONED BY (region)"
            )

    def update(self, records: DataFrame) -> None:
        """Add records (`RECORD_DDL`) and make the rows of their regions again; two commits, each whole."""
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

    def rows(self) -> DataFrame:
        """Every row, tombstones included."""
        return self.spark.table(self._name(METRICS))

    def _name(self, table: str) -> str:
        return f"{self.catalog}.{self.database}.{table}"
