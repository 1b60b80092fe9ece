"""The catalog and its tables: connecting, making what is missing, telling passing errors from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, Final

import pyarrow.fs as pafs
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    RESTError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, OperationalError

from covid_core.errors import first_line
from covid_core.settings import IcebergSettings, S3Settings
from covid_sinks.contract import Transient

PROPERTIES: Final = {
    "format-version": "2",
    # Retrying is ours: what is applied must be settled again against the newer snapshot.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
    # A reader that has just asked the catalog must still find the metadata it was told of.
    "write.metadata.previous-versions-max": "100",
    "write.parquet.compression-codec": "zstd",
}

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

CONFLICTS: Final = (CommitFailedException, CommitStateUnknownException, ValidationException)
"""What pyiceberg raises when another writer was faster, or may have been."""


class Lake:
    """One catalog. Raises `SettingsError` when it has no address."""

    def __init__(self, iceberg: IcebergSettings, s3: S3Settings) -> None:
        self._properties = iceberg.properties(s3)
        self._iceberg = iceberg
        self._s3 = s3
        self._catalog: Catalog | None = None

    def table(
        self, name: str, schema: Schema, spec: PartitionSpec, extra: Mapping[str, str] = _NOTHING
    ) -> Table:
        """The table, made and given the columns of `schema` and the properties that it lacks.

        `extra`: properties beside `PROPERTIES`. May raise `Transient`.
        """
        with passing_errors():
            catalog = self._connect()
            identifier = (self._iceberg.namespace, name)
            wanted = {**PROPERTIES, **extra}
            try:
                table = catalog.load_table(identifier)
            except NoSuchTableError:
                try:
                    table = catalog.create_table(identifier, schema, partition_spec=spec, properties=wanted)
                except (TableAlreadyExistsError, IntegrityError):
                    table = catalog.load_table(identifier)
            try:
                _complete(table, schema, wanted)
            except CONFLICTS as error:
                raise Transient(f"lake: {name} was changed meanwhile: {first_line(error)}") from error
            return table

    def find(self, name: str) -> Table | None:
        """The table as it is; None where there is none. May raise `Transient`."""
        with passing_errors():
            # Not kept: `table` takes a kept catalog for one whose bucket and namespace have been made.
            catalog = self._catalog or self._new_catalog()
            try:
                return catalog.load_table((self._iceberg.namespace, name))
            except NoSuchTableError:
                return None

    def close(self) -> None:
        """Let go of the catalog's connections."""
        catalog, self._catalog = self._catalog, None
        engine = getattr(catalog, "engine", None)
        if engine is not None:
            engine.dispose()

    def _connect(self) -> Catalog:
        if self._catalog is None:
            self._make_bucket()
            catalog = self._new_catalog()
            with suppress(NamespaceAlreadyExistsError, IntegrityError):
                catalog.create_namespace(self._iceberg.namespace)
            self._catalog = catalog
        return self._catalog

    def _new_catalog(self) -> Catalog:
        patience = {"s3.connect-timeout": "5", "s3.request-timeout": "30", "pool_pre_ping": "true"}
        return load_catalog("covid", **self._properties, **patience)

    def _make_bucket(self) -> None:
        options: dict[str, Any] = {
            "region": self._s3.region,
            "allow_bucket_creation": True,
            "connect_timeout": 5,
        }
        if self._s3.access_key is not None:
            options |= {"access_key": self._s3.access_key, "secret_key": self._s3.secret_key}
        if self._s3.endpoint is not None:
            options |= {"endpoint_override": self._s3.endpoint, "force_virtual_addressing": False}
        files = pafs.S3FileSystem(**options)
        if files.get_file_info(self._s3.bucket).type == pafs.FileType.NotFound:
            files.create_dir(self._s3.bucket)


def _complete(table: Table, schema: Schema, properties: Mapping[str, str]) -> None:
    """Add the columns and properties that the table lacks. What an operator has set otherwise stays."""
    have = {field.name for field in table.schema().fields}
    lacking = [field for field in schema.fields if field.name not in have]
    if lacking:
        with table.update_schema() as update:
            for field in lacking:
                update.add_column(field.name, field.field_type, doc=field.doc)
    if unset := {key: value for key, value in properties.items() if key not in table.properties}:
        with table.transaction() as transaction:
            transaction.set_properties(unset)


def moved(table: Table) -> bool:
    """Load the newest state of a table; whether another commit has come since the last time.

    The files of a snapshot that is long expired are gone: who still has it in mind finds them missing.
    """
    before = table.metadata.current_snapshot_id
    return table.refresh().metadata.current_snapshot_id != before


@contextmanager
def passing_errors() -> Iterator[None]:
    """Turn errors of storage and catalog that pass with time into `Transient`."""
    try:
        yield
    except FileNotFoundError:
        raise  # a file that a snapshot names is gone: waiting brings nothing back
    except (OSError, OperationalError, InterfaceError, BotoCoreError, RESTError) as error:
        raise Transient(f"lake: {first_line(error)}") from error
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500:
            raise
        raise Transient(f"lake: {first_line(error)}") from error
    except DatabaseError as error:
        if not error.connection_invalidated:
            raise
        raise Transient(f"lake: {first_line(error)}") from error
