"""The security settings in Faust's form."""

from __future__ import annotations

import asyncio
import ssl

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials

from covid_core.settings import MSK_IAM, KafkaSettings, Sign


def credentials(kafka: KafkaSettings, sign: Sign) -> Credentials | None:
    """What Faust hands to aiokafka; None for a broker that asks for nothing. `sign` is asked only for IAM."""
    protocol = kafka.security_protocol
    context = ssl.create_default_context(cafile=kafka.ssl_ca_location) if protocol.endswith("SSL") else None
    if kafka.sasl_mechanism == MSK_IAM:
        return OAuthCredentials(oauth_cb=_Tokens(sign, kafka.region), ssl_context=context)
    if protocol.startswith("SASL"):
        return SASLCredentials(
            mechanism=kafka.sasl_mechanism or "PLAIN",
            username=kafka.sasl_username,
            password=kafka.sasl_password,
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """A new token for each connection: signing takes a millisecond, so none is kept that could end."""

    def __init__(self, sign: Sign, region: str) -> None:
        self._sign = sign
        self._region = region

    async def token(self) -> str:
        """Raises `KafkaConnectionError`, after which aiokafka tries to connect again; others end it."""
        try:
            # Credentials may have to be fetched first, which must not hold up the heartbeats.
            token, _ = await asyncio.to_thread(self._sign, self._region)
        except Exception as error:  # the SDK's errors have no common base
            raise KafkaConnectionError(f"no token: {error}") from error
        return token
