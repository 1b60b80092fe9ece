"""A database of Glue's Data Catalog: the tables that crawlers make, and those that a job reads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import boto3

from covid_batch.glue.inference import Column
from covid_batch.glue.layout import PARTITIONS, is_source
from covid_core.settings import GlueSettings

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_TEXT: Final = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    },
}
_CSV: Final = {"classification": "csv", "delimiter": ",", "skip.header.line.count": "1", "typeOfData": "file"}
"""What the CSV classifier says of a table."""


def client(settings: GlueSettings) -> GlueClient:
    """A client of the catalog that the settings name."""
    return boto3.client(
        "glue",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
    )


def sources(glue: GlueClient, database: str) -> list[str]:
    """The crawlers' tables. Raises botocore's `ClientError`."""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return sorted(table["Name"] for page in pages for table in page["TableList"] if is_source(table["Name"]))


class Catalog:
    """A database that tables are put into. Methods raise botocore's `ClientError` and `BotoCoreError`."""

    def __init__(self, glue: GlueClient, database: str) -> None:
        """Makes the database where it is missing."""
        self._glue, self._database = glue, database
        with contextlib.suppress(glue.exceptions.AlreadyExistsException):
            glue.create_database(DatabaseInput={"Name": database})

    def columns(self, name: str) -> list[Column] | None:
        """The columns of a table, None where there is no such table."""
        try:
            table = self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return None
        return [Column(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]]

    def put(self, name: str, location: str, columns: Sequence[Column]) -> None:
        """Have a table of CSV files, as a crawler would; what it was is replaced."""
        table: Any = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": _CSV,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in PARTITIONS],
            "StorageDescriptor": _storage(location, columns),
        }
        try:
            self._glue.create_table(DatabaseName=self._database, TableInput=table)
        except self._glue.exceptions.AlreadyExistsException:
            self._glue.update_table(DatabaseName=self._database, TableInput=table)

    def put_partitions(
        self, name: str, columns: Sequence[Column], partitions: Iterable[tuple[Sequence[str], str]]
    ) -> None:
        """Have these partitions (values, location) of a table; those that it has stay."""
        for values, location in partitions:
            partition: Any = {"Values": list(values), "StorageDescriptor": _storage(location, columns)}
            with contextlib.suppress(self._glue.exceptions.AlreadyExistsException):
                self._glue.create_partition(
                    DatabaseName=self._database, TableName=name, PartitionInput=partition
                )


def _storage(location: str, columns: Sequence[Column]) -> dict[str, Any]:
    listed = [{"Name": column.name, "Type": column.type} for column in columns]
    return {"Columns": listed, "Location": location, **_TEXT}
