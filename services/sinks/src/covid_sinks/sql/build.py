"""Which dialect a URL means."""

from __future__ import annotations

from urllib.parse import urlsplit

from covid_core import databases, mssql
from covid_core.environment import SettingsError
from covid_core.settings import RdsSettings, RedshiftSettings, S3Settings
from covid_sinks.sql.sink import SqlSink


def rds(settings: RdsSettings) -> SqlSink:
    """The RDS sink: SQL Server or PostgreSQL. Raises `SettingsError`."""
    if settings.url is None:
        raise SettingsError("COVID_RDS_URL is missing")
    if urlsplit(settings.url).scheme in mssql.SCHEMES:
        from covid_sinks.sql.sqlserver import SqlServer

        return SqlSink(SqlServer(settings.url, settings.table), settings.table)
    from covid_sinks.sql.postgres import Postgres

    return SqlSink(Postgres(settings.url, settings.table), settings.table)


def redshift(settings: RedshiftSettings, s3: S3Settings) -> SqlSink:
    """The Redshift sink, or its stand-in. Raises `SettingsError`."""
    if settings.url is None:
        raise SettingsError("COVID_REDSHIFT_URL is missing")
    from covid_sinks.sql.redshift import Redshift, RedshiftStandIn

    kind = Redshift if urlsplit(settings.url).scheme in databases.REDSHIFT else RedshiftStandIn
    dialect = kind(settings.url, settings.table, s3, settings.staging, settings.iam_role)
    return SqlSink(dialect, settings.table)
