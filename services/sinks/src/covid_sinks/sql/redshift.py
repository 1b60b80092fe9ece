"""Redshift: COPY from S3 to staging, lock, drop stale rows in staging, MERGE, one transaction.

Redshift's MERGE takes no condition on WHEN MATCHED, needs both branches, and no target row may match two
source rows; its primary keys are not enforced. So staleness is settled before the MERGE, under a lock that
lets one writer in at a time. (Amazon Redshift Database Developer Guide: MERGE, LOCK, COPY.)
`RedshiftStandIn` runs the same statements on PostgreSQL; only loading and the form of LOCK differ.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from typing import Any, Final

from covid_core import databases
from covid_core.rows import KEY, NAMES, Column, ColumnType, Row
from covid_core.settings import S3Settings
from covid_sinks.sql import schema
from covid_sinks.sql.dialect import Trouble
from covid_sinks.sql.postgres import KEEPALIVE, Postgres, copy_rows, postgres_trouble
from covid_sinks.sql.postgres import TYPES as POSTGRES_TYPES

TYPES: Final = {**POSTGRES_TYPES, ColumnType.STRING: "varchar(1024)"}
STAGING: Final = "covid_staging"
_NAMES: Final = ", ".join(NAMES)


class Redshift(Postgres):
    """Amazon Redshift, with its staging files in S3."""

    name = "redshift"
    types = TYPES

    def __init__(self, url: str, table: str, s3: S3Settings, staging: str, iam_role: str | None) -> None:
        super().__init__("postgresql" + url[url.index("://") :], table)
        self._s3 = s3
        self._prefix = staging.strip("/")
        self._iam_role = iam_role
        self._client: Any = None

    def connect(self) -> Any:
        import psycopg

        return psycopg.connect(
            self._url, connect_timeout=10, **databases.redshift_options(self._url), **KEEPALIVE
        )

    def trouble(self, error: Exception) -> Trouble | None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, BotoCoreError | ClientError):
            return Trouble.TRANSIENT
        # 1023: another transaction wrote to the table meanwhile.
        if "Serializable isolation violation" in str(error):
            return Trouble.TRANSIENT
        return postgres_trouble(error)

    def lock_schema(self) -> str | None:
        return None

    def create_table(self) -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {self._table} ({schema.columns(self.types)}, "
            f"PRIMARY KEY ({', '.join(KEY)})) DISTSTYLE KEY DISTKEY (region) SORTKEY (region, date)"
        )

    def add_column(self, column: Column) -> str:
        return f"ALTER TABLE {self._table} ADD COLUMN {schema.column(column, self.types)}"

    def stage(self, connection: Any, rows: Sequence[Row]) -> None:
        key = f"{self._prefix}/{uuid.uuid4()}.parquet"
        client = self._s3_client()
        client.put_object(Bucket=self._s3.bucket, Key=key, Body=_parquet(rows))
        try:
            cursor = connection.cursor()
            # First of all, as LOCK's page advises: a later one may find the snapshot already outdated.
            cursor.execute(self.lock())
            cursor.execute(self.create_staging())
            cursor.execute(self.copy_statement(key))
        finally:
            client.delete_object(Bucket=self._s3.bucket, Key=key)

    def apply(self, connection: Any, *, repair: bool) -> int:
        cursor = connection.cursor()
        cursor.execute(self.delete_stale(repair=repair))
        cursor.execute(f"SELECT count(*) FROM {STAGING}")
        applied = int(cursor.fetchone()[0])
        if applied:
            cursor.execute(self.merge())
        cursor.execute(f"DROP TABLE {STAGING}")
        return applied

    def create_staging(self) -> str:
        """A temporary table of this transaction, of the columns COPY brings, in their order."""
        return f"CREATE TEMP TABLE {STAGING} ({schema.columns(self.types)})"

    def copy_statement(self, key: str) -> str:
        """COPY one Parquet file; its columns come in the order of staging's."""
        role = f"'{self._iam_role}'" if self._iam_role else "default"
        return f"COPY {STAGING} FROM 's3://{self._s3.bucket}/{key}' IAM_ROLE {role} FORMAT AS PARQUET"

    def lock(self) -> str:
        """One writer at a time, until the transaction ends."""
        return f"LOCK {self._table}"

    def delete_stale(self, *, repair: bool) -> str:
        """Drop the staged rows that meet a stored one as new or newer."""
        keys = " AND ".join(f"{STAGING}.{name} = {self._table}.{name}" for name in KEY)
        compare = ">" if repair else ">="
        stored, staged = f"{self._table}", STAGING
        return (
            f"DELETE FROM {STAGING} USING {self._table} WHERE {keys} AND "
            f"({stored}.generation > {staged}.generation OR ({stored}.generation = {staged}.generation "
            f"AND {stored}.revision {compare} {staged}.revision))"
        )

    def merge(self) -> str:
        """Replace or insert what staging still holds."""
        keys = " AND ".join(f"{self._table}.{name} = {STAGING}.{name}" for name in KEY)
        sets = ", ".join(f"{name} = {STAGING}.{name}" for name in schema.REST)
        values = ", ".join(f"{STAGING}.{name}" for name in NAMES)
        return (
            f"MERGE INTO {self._table} USING {STAGING} ON {keys} "
            f"WHEN MATCHED THEN UPDATE SET {sets} "
            f"WHEN NOT MATCHED THEN INSERT ({_NAMES}) VALUES ({values})"
        )

    def _s3_client(self) -> Any:
        if self._client is None:
            import boto3

            self._client = boto3.session.Session().client(
                "s3",
                endpoint_url=self._s3.endpoint,
                region_name=self._s3.region,
                aws_access_key_id=self._s3.access_key,
                aws_secret_access_key=self._s3.secret_key,
            )
        return self._client


class RedshiftStandIn(Redshift):
    """PostgreSQL in Redshift's place: the same transaction, loaded by COPY FROM STDIN."""

    name = "redshift stand-in"
    types = POSTGRES_TYPES

    def connect(self) -> Any:
        return Postgres.connect(self)

    def trouble(self, error: Exception) -> Trouble | None:
        return postgres_trouble(error)

    def lock_schema(self) -> str | None:
        return Postgres.lock_schema(self)

    def create_table(self) -> str:
        return Postgres.create_table(self)

    def add_column(self, column: Column) -> str:
        return Postgres.add_column(self, column)

    def stage(self, connection: Any, rows: Sequence[Row]) -> None:
        cursor = connection.cursor()
        cursor.execute(self.lock())
        cursor.execute(self.create_staging())
        copy_rows(cursor, STAGING, rows)

    def lock(self) -> str:
        # PostgreSQL's bare LOCK also keeps readers out.
        return f"LOCK TABLE {self._table} IN SHARE ROW EXCLUSIVE MODE"


def _parquet(rows: Sequence[Row]) -> bytes:
    import pyarrow.parquet as pq

    from covid_sinks.arrow import table_of

    out = io.BytesIO()
    pq.write_table(table_of(rows), out, compression="zstd")
    return out.getvalue()
