"""The environment that makes the services use the embedded servers."""

from __future__ import annotations

from pathlib import Path

from covid_cli.stack import config
from covid_cli.stack.config import Credentials
from covid_cli.stack.ports import DEFAULTS
from covid_core.environment import load
from covid_core.settings import (
    ALL,
    ApiSettings,
    DynamoSettings,
    IcebergSettings,
    KafkaSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
    StreamSettings,
)

CREDENTIALS = Credentials(s3_secret_key="s3-secret", postgres_password="pg-secret", write_key="the-key")


def never(path: str) -> str:
    raise AssertionError(path)


def test_every_service_finds_its_servers(tmp_path: Path) -> None:
    found = config.environment(tmp_path, {**DEFAULTS, "kafka": 1234}, CREDENTIALS, tmp_path / "jars")
    assert load(KafkaSettings, found, never).bootstrap == "127.0.0.1:1234"
    assert load(S3Settings, found, never).endpoint == "http://127.0.0.1:8333"
    assert load(S3Settings, found, never).secret_key == "s3-secret"
    assert load(DynamoSettings, found, never).endpoint == "http://127.0.0.1:8042"
    assert load(RdsSettings, found, never).url == "postgresql://covid:pg-secret@127.0.0.1:5433/rds"
    assert load(RedshiftSettings, found, never).url == "postgresql://covid:pg-secret@127.0.0.1:5433/redshift"
    uri = load(IcebergSettings, found, never).uri
    assert uri == "postgresql+psycopg://covid:pg-secret@127.0.0.1:5433/catalog"
    assert load(StreamSettings, found, never).jars == str(tmp_path / "jars")
    assert load(StreamSettings, found, never).checkpoint == str(tmp_path / "checkpoint")
    assert load(ApiSettings, found, never).write_keys == "the-key"


def test_a_default_port_is_set_all_the_same_as_another(tmp_path: Path) -> None:
    found = config.environment(tmp_path, {**DEFAULTS, "api": 9000}, CREDENTIALS)
    assert load(ApiSettings, found, never).port == 9000
    assert "COVID_STREAM_JARS" not in found


def test_only_variables_that_are_defined(tmp_path: Path) -> None:
    found = config.environment(tmp_path, DEFAULTS, CREDENTIALS, tmp_path)
    prefixes = tuple(group.prefix for group in ALL)
    assert all(name.startswith(prefixes) for name in found)


def test_credentials_differ_from_stack_to_stack() -> None:
    assert Credentials.make() != Credentials.make()
