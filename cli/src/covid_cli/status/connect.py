"""What an ordinary client needs to connect to each part of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from covid_cli.stack.state import StackState
from covid_core.environment import load
from covid_core.settings import (
    ApiSettings,
    DynamoSettings,
    IcebergSettings,
    KafkaSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
)

ICEBERG_TABLES = ("metrics", "records")


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _database(url: str | None, table: str) -> dict[str, Any]:
    parts = urlsplit(url or "")
    return {
        "url": url,
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "database": parts.path.lstrip("/"),
        "table": table,
    }


def kafka(state: StackState) -> dict[str, Any]:
    """The broker."""
    return {"bootstrap": load(KafkaSettings, state.environment, _read).bootstrap}


def api(state: StackState) -> dict[str, Any]:
    """The HTTP service, and the key that may write."""
    settings = load(ApiSettings, state.environment, _read)
    return {"url": f"http://{settings.host}:{settings.port}", "write_key": state.credentials.write_key}


def stores(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each store by the name of its sink: endpoint, credentials, database or bucket, table."""
    dynamo = load(DynamoSettings, environment, _read)
    s3 = load(S3Settings, environment, _read)
    iceberg = load(IcebergSettings, environment, _read)
    rds = load(RdsSettings, environment, _read)
    redshift = load(RedshiftSettings, environment, _read)
    return {
        "dynamodb": {
            "endpoint": dynamo.endpoint,
            "region": dynamo.region,
            "access_key": dynamo.access_key,
            "secret_key": dynamo.secret_key,
            "table": dynamo.table,
        },
        "s3": {
            "endpoint": s3.endpoint,
            "region": s3.region,
            "access_key": s3.access_key,
            "secret_key": s3.secret_key,
            "bucket": s3.bucket,
            "path_style": True,
            "catalog": {
                "type": iceberg.catalog,
                "uri": iceberg.uri,
                "warehouse": f"s3://{s3.bucket}/iceberg",
            },
            "tables": [f"{iceberg.namespace}.{name}" for name in ICEBERG_TABLES],
        },
        "rds": _database(rds.url, rds.table),
        "redshift": _database(redshift.url, redshift.table),
    }
