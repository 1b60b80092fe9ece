"""What the services find ready: topics, the bucket and the databases. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import ClientError
from psycopg import sql

from covid_cli import login
from covid_cli.errors import UserError
from covid_core import databases, mssql
from covid_core.environment import load
from covid_core.settings import KafkaSettings, S3Settings
from covid_core.topics import TOPICS
from covid_process.creation import create
from covid_process.signer import Signer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def create_topics(environment: Mapping[str, str]) -> None:
    """Create the topics that are missing, as `covid_core.topics` has them.

    Raises `KafkaException`, and `UserError` where the broker refuses the user.
    """
    settings = load(KafkaSettings, environment, _read)
    connection = settings.librdkafka(Signer())
    login.require(connection)
    create(connection, TOPICS, partitions=settings.partitions, replication=settings.replication)


def create_bucket(environment: Mapping[str, str]) -> None:
    """Create the bucket where it is missing. Raises `ClientError`."""
    settings = load(S3Settings, environment, _read)
    client = s3_client(settings)
    try:
        client.head_bucket(Bucket=settings.bucket)
    except ClientError:
        client.create_bucket(Bucket=settings.bucket, **placed(settings))


def s3_client(settings: S3Settings) -> S3Client:
    """A client of the object storage that the settings name."""
    return boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        config=Config(
            # A stand-in has no name for each bucket.
            s3={"addressing_style": "path" if settings.endpoint else "auto"},
            retries={"max_attempts": 4, "mode": "standard"},
        ),
    )


def placed(settings: S3Settings) -> dict[str, Any]:
    """Where AWS is to make a bucket: it wants the name of every region but its first."""
    if settings.endpoint is not None or settings.region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": settings.region}}


def create_databases(server_url: str, names: Iterable[str]) -> None:
    """Create the databases that are missing on a PostgreSQL server. Raises `psycopg.Error`."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        existing = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in names:
            if name not in existing:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def create_database(url: str) -> None:
    """Create the database that a URL names where it is missing. Raises `psycopg.Error`, `UserError`.

    A Redshift database is its cluster's owner's to make: nothing is done.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    if scheme in databases.POSTGRESQL:
        server = parts._replace(scheme="postgresql", path="/postgres")
        create_databases(server.geturl(), (unquote(parts.path.strip("/")),))
    elif scheme in mssql.SCHEMES:
        _create_on_sql_server(url)


def _create_on_sql_server(url: str) -> None:
    import mssql_python  # noqa: PLC0415  # only where SQL Server is the store

    try:
        connection = mssql_python.connect(mssql.connection_string(url, "master"), autocommit=True, timeout=10)
        try:
            connection.cursor().execute(create_mssql_database(mssql.database(url)))
        finally:
            connection.close()
    except mssql_python.Error as error:
        raise UserError(f"The database {mssql.database(url)} could not be made: {error}") from error


def create_mssql_database(name: str) -> str:
    """The statement. A name cannot be a parameter of it, so it is quoted both ways."""
    literal, identifier = name.replace("'", "''"), name.replace("]", "]]")
    return f"IF DB_ID(N'{literal}') IS NULL CREATE DATABASE [{identifier}]"
