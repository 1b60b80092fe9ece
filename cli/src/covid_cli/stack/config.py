"""What one stack consists of on this machine: ports, credentials, and the settings they make."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from covid_cli.stack import ports as port_choice
from covid_cli.stack.ports import HOST
from covid_cli.stack.servers import postgres
from covid_core.environment import variable
from covid_core.settings import (
    ApiSettings,
    DynamoSettings,
    IcebergSettings,
    KafkaSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
    StreamSettings,
)

DATABASES = ("rds", "redshift", "catalog")

KEYS = "api-keys"
"""File in the home with the API keys that `covid keys` makes."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Made once for a home and kept, so that the stores' data stays readable."""

    s3_access_key: str = "covid"
    s3_secret_key: str
    postgres_password: str
    write_key: str

    @classmethod
    def make(cls) -> Credentials:
        """New random ones."""
        return cls(
            s3_secret_key=secrets.token_urlsafe(24),
            postgres_password=secrets.token_urlsafe(24),
            write_key=secrets.token_urlsafe(24),
        )


def variables(*settings: Any) -> dict[str, str]:
    """Environment variables for what the given settings change from their defaults."""
    found = {}
    for group in settings:
        for field in msgspec.structs.fields(group):
            value = getattr(group, field.name)
            if value is not None and value != field.default:
                found[variable(type(group), field.name)] = str(value)
    return found


def environment(
    home: Path, ports: Mapping[str, int], credentials: Credentials, jars: Path | None = None
) -> dict[str, str]:
    """The environment of every service: the same variables that point elsewhere in a deployment.

    `jars` is the folder of the stream's jars.
    """
    password = credentials.postgres_password
    return variables(
        KafkaSettings(bootstrap=f"{HOST}:{ports['kafka']}"),
        S3Settings(
            endpoint=f"http://{HOST}:{ports['s3']}",
            access_key=credentials.s3_access_key,
            secret_key=credentials.s3_secret_key,
        ),
        # psycopg 3 for SQLAlchemy, whose default for this scheme is psycopg2.
        IcebergSettings(uri=postgres.url(ports, password, "catalog").replace(":", "+psycopg:", 1)),
        # DynamoDB Local takes any credentials, but a client signs with some.
        DynamoSettings(
            endpoint=f"http://{HOST}:{ports['dynamodb']}",
            access_key="covid",
            secret_key="covid",  # noqa: S106
        ),
        RdsSettings(url=postgres.url(ports, password, "rds")),
        RedshiftSettings(url=postgres.url(ports, password, "redshift")),
        StreamSettings(
            checkpoint=str(home / "checkpoint"),
            local_dir=str(home / "spark"),
            jars=None if jars is None else str(jars),
        ),
        ApiSettings(port=ports["api"], write_keys=credentials.write_key, keys=str(home / KEYS)),
    )


SERVER_PORTS = tuple(
    name
    for name in port_choice.DEFAULTS
    if name not in ("alerts", "api", "stream") and not name.startswith("sink-")
)
