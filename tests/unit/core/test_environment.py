"""Settings come from the environment, once, with clear errors."""

from __future__ import annotations

import pytest

from covid_core.environment import SettingsError, load
from covid_core.settings import KafkaSettings, RdsSettings


def no_file(path: str) -> str:
    raise FileNotFoundError(path)


def test_defaults_and_overrides() -> None:
    environ = {"COVID_KAFKA_PARTITIONS": "7", "COVID_KAFKA_BOOTSTRAP": "", "OTHER": "x"}
    loaded = load(KafkaSettings, environ, no_file)
    assert (loaded.partitions, loaded.bootstrap) == (7, "localhost:9092")


@pytest.mark.parametrize("value", ["seven", "0", "1.5"])
def test_a_bad_value_names_its_variable(value: str) -> None:
    with pytest.raises(SettingsError, match="COVID_KAFKA_PARTITIONS"):
        load(KafkaSettings, {"COVID_KAFKA_PARTITIONS": value}, no_file)


def test_a_secret_may_stand_in_a_file() -> None:
    loaded = load(RdsSettings, {"COVID_RDS_URL_FILE": "/run/secrets/rds"}, lambda _path: "postgresql://x\n")
    assert loaded.url == "postgresql://x"


def test_a_secret_file_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="COVID_RDS_URL_FILE"):
        load(RdsSettings, {"COVID_RDS_URL_FILE": "/nowhere"}, no_file)


def test_what_is_no_secret_is_not_read_from_files() -> None:
    assert (
        load(KafkaSettings, {"COVID_KAFKA_BOOTSTRAP_FILE": "/nowhere"}, no_file).bootstrap == "localhost:9092"
    )
