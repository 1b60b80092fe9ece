"""Where the log and the stores are, from settings; and a reader for each store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from covid_cli.verify.stores import Reader
from covid_cli.verify.stores.dynamodb import DynamoReader
from covid_cli.verify.stores.iceberg import IcebergReader
from covid_cli.verify.stores.sql import SqlReader
from covid_core.environment import SettingsError, load
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval
from covid_core.settings import (
    DynamoSettings,
    IcebergSettings,
    KafkaSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
    SerialIntervalSettings,
    SinkSettings,
)
from covid_process.signer import Signer

STORES: Final = ("dynamodb", "s3", "rds", "redshift")
"""Names of the stores, which are those of their sinks."""


class Connections(NamedTuple):
    """Where everything is that verification reads: the log by librdkafka's properties, stores by settings."""

    kafka: Mapping[str, Any]
    dynamodb: DynamoSettings
    iceberg: IcebergSettings
    s3: S3Settings
    rds: RdsSettings
    redshift: RedshiftSettings
    interval: SerialInterval = DEFAULT_INTERVAL
    """The serial interval that the stream is set to."""
    group_suffix: str = ""
    """What ends the names of the sinks' groups."""


def connections(environ: Mapping[str, str], read_file: Callable[[str], str]) -> Connections:
    """From the variables of `covid_core.settings`. Raises `SettingsError`."""
    return Connections(
        load(KafkaSettings, environ, read_file).librdkafka(Signer()),
        load(DynamoSettings, environ, read_file),
        load(IcebergSettings, environ, read_file),
        load(S3Settings, environ, read_file),
        load(RdsSettings, environ, read_file),
        load(RedshiftSettings, environ, read_file),
        load(SerialIntervalSettings, environ, read_file).interval,
        load(SinkSettings, environ, read_file).group_suffix,
    )


def readers(where: Connections, stores: Sequence[str]) -> dict[str, Reader]:
    """A reader for each named store. Raises `SettingsError` for an unknown name or a missing address."""
    return {name: _reader(where, name) for name in stores}


def _reader(where: Connections, name: str) -> Reader:
    match name:
        case "dynamodb":
            return DynamoReader(where.dynamodb)
        case "s3":
            return IcebergReader(where.iceberg, where.s3)
        case "rds":
            if where.rds.url is None:
                raise SettingsError("COVID_RDS_URL is missing")
            return SqlReader(where.rds.url, where.rds.table)
        case "redshift":
            if where.redshift.url is None:
                raise SettingsError("COVID_REDSHIFT_URL is missing")
            return SqlReader(where.redshift.url, where.redshift.table)
        case _:
            raise SettingsError(f"store {name!r} is none of {', '.join(STORES)}")
