"""The security settings as Faust and aiokafka take them."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from covid_core.settings import KafkaSettings
from covid_sinks.credentials import credentials

IAM = KafkaSettings(
    bootstrap="127.0.0.1:1", security_protocol="SASL_SSL", sasl_mechanism="AWS_MSK_IAM", region="eu-west-1"
)


def unsigned(region: str) -> tuple[str, float]:
    raise AssertionError(f"nothing here is signed, neither in {region}")


def settings(kafka: KafkaSettings, sign: Any = unsigned) -> dict[str, Any]:
    """What Faust makes of the credentials for each of aiokafka's clients."""
    made: dict[str, Any] = credentials_to_aiokafka_auth(credentials(kafka, sign))
    return made


def test_a_broker_that_asks_for_nothing_gets_nothing() -> None:
    assert credentials(KafkaSettings(), unsigned) is None


def test_passwords_stay_as_they_were() -> None:
    kafka = KafkaSettings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="u", sasl_password="p"
    )
    assert isinstance(credentials(kafka, unsigned), SASLCredentials)
    made = settings(kafka)
    assert made["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (made["sasl_plain_username"], made["sasl_plain_password"]) == ("u", "p")
    assert isinstance(credentials(KafkaSettings(security_protocol="SSL"), unsigned), SSLCredentials)


def test_iam_is_a_token_over_tls_that_checks_the_broker() -> None:
    assert isinstance(credentials(IAM, unsigned), OAuthCredentials)
    made = settings(IAM)
    assert (made["security_protocol"], made["sasl_mechanism"]) == ("SASL_SSL", "OAUTHBEARER")
    context = made["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_every_connection_gets_a_new_token_of_the_region() -> None:
    asked: list[str] = []

    def sign(region: str) -> tuple[str, float]:
        asked.append(region)
        return f"token {len(asked)}", 0.0

    provider: AbstractTokenProvider = settings(IAM, sign)["sasl_oauth_token_provider"]

    async def twice() -> list[str]:
        return [await provider.token(), await provider.token()]

    assert asyncio.run(twice()) == ["token 1", "token 2"]
    assert asked == ["eu-west-1", "eu-west-1"]


def test_credentials_that_are_away_are_a_connection_that_fails() -> None:
    def sign(region: str) -> tuple[str, float]:
        raise RuntimeError("the metadata service does not answer")

    provider: AbstractTokenProvider = settings(IAM, sign)["sasl_oauth_token_provider"]
    with pytest.raises(KafkaConnectionError, match="metadata service"):
        asyncio.run(provider.token())


def test_aiokafka_takes_them() -> None:
    async def made() -> None:
        AIOKafkaConsumer(bootstrap_servers=IAM.bootstrap, **settings(IAM))

    asyncio.run(made())
