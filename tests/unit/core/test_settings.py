"""The settings themselves, and the connections that are made of them."""

from __future__ import annotations

import msgspec
import pytest

from covid_core import settings
from covid_core.environment import SettingsError, is_secret, load, variable
from covid_core.settings import KafkaSettings, S3Settings


def no_file(path: str) -> str:
    raise FileNotFoundError(path)


def test_variables_are_unique_and_secrets_are_known() -> None:
    fields = [(group, field) for group in settings.ALL for field in msgspec.structs.fields(group)]
    names = [variable(group, field.name) for group, field in fields]
    assert len(names) == len(set(names))
    secrets = {variable(group, field.name) for group, field in fields if is_secret(field)}
    assert {
        "COVID_KAFKA_SASL_PASSWORD",
        "COVID_S3_SECRET_KEY",
        "COVID_RDS_URL",
        "COVID_API_WRITE_KEYS",
    } <= secrets


def unsigned(region: str) -> tuple[str, float]:
    raise AssertionError(f"nothing here is signed, neither in {region}")


def test_kafka_connection_properties_leave_out_what_is_not_set() -> None:
    plain = KafkaSettings().librdkafka(unsigned)
    assert plain == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "PLAINTEXT",
        "log_level": 2,
    }
    secured = KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="u")
    assert secured.librdkafka(unsigned) == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "SASL_SSL",
        "log_level": 2,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
    }


IAM = {
    "COVID_KAFKA_BOOTSTRAP": "b-1.demo.abc.c2.kafka.eu-west-1.amazonaws.com:9098",
    "COVID_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "COVID_KAFKA_SASL_MECHANISM": "AWS_MSK_IAM",
    "COVID_KAFKA_REGION": "eu-west-1",
}


def test_iam_signs_for_the_region_whenever_a_token_is_asked_for() -> None:
    asked: list[str] = []

    def sign(region: str) -> tuple[str, float]:
        asked.append(region)
        return f"token {len(asked)}", 1_700_000_000.5

    properties = load(KafkaSettings, IAM, no_file).librdkafka(sign)
    assert asked == []
    assert [properties["oauth_cb"](None), properties["oauth_cb"]("any")] == [
        ("token 1", 1_700_000_000.5),
        ("token 2", 1_700_000_000.5),
    ]
    assert asked == ["eu-west-1", "eu-west-1"]
    del properties["oauth_cb"]
    assert properties == {
        "bootstrap.servers": IAM["COVID_KAFKA_BOOTSTRAP"],
        "security.protocol": "SASL_SSL",
        "log_level": 2,
        "sasl.mechanism": "OAUTHBEARER",
    }


def test_the_region_is_that_of_the_other_settings_of_aws() -> None:
    assert KafkaSettings().region == settings.S3Settings().region == settings.DynamoSettings().region


@pytest.mark.parametrize("protocol", ["", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"])
def test_iam_without_tls_is_refused_by_the_names_of_both_variables(protocol: str) -> None:
    environ = IAM | {"COVID_KAFKA_SECURITY_PROTOCOL": protocol}
    with pytest.raises(SettingsError) as caught:
        load(KafkaSettings, environ, no_file)
    assert str(caught.value) == (
        "COVID_KAFKA_SECURITY_PROTOCOL: must be SASL_SSL with COVID_KAFKA_SASL_MECHANISM=AWS_MSK_IAM, "
        f"not {protocol or 'PLAINTEXT'}"
    )


def test_object_storage_as_properties_of_hadoop() -> None:
    assert S3Settings().hadoop() == {"fs.s3a.endpoint.region": "ca-central-1"}
    own = S3Settings(endpoint="http://127.0.0.1:8333", access_key="k", secret_key="s").hadoop()
    assert own["fs.s3a.endpoint"] == "http://127.0.0.1:8333"
    assert own["fs.s3a.path.style.access"] == "true"
    assert own["fs.s3a.connection.ssl.enabled"] == "false"
    assert (own["fs.s3a.access.key"], own["fs.s3a.secret.key"]) == ("k", "s")
    assert S3Settings(endpoint="https://s3.lan").hadoop()["fs.s3a.connection.ssl.enabled"] == "true"
