"""Whether the broker lets a process in, asked once when it starts.

librdkafka tries a wrong password again for ever, and says so only to who listens for it: all that a caller
sees is a broker that does not answer, which every service waits for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

_SECONDS: Final = 5.0
_STEP_SECONDS: Final = 0.25
_REFUSALS: Final = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})


class LoginRefused(Exception):
    """The broker refuses the user, or its certificate is not accepted; the message says what to see to."""


def require(connection: Mapping[str, Any], seconds: float = _SECONDS) -> None:
    """Raise `LoginRefused` where the broker refuses the user and password of the settings, within `seconds`.

    A broker that cannot be reached is no refusal, and where there is no password nothing is asked.
    `connection`: librdkafka's connection properties.
    """
    if "sasl.password" not in connection:
        return
    errors: list[KafkaError] = []
    properties: dict[str, Any] = {**connection, "error_cb": errors.append}
    client = AdminClient(properties)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.list_topics(timeout=_STEP_SECONDS)
            return
        except KafkaException:
            client.poll(0)  # hands over what went wrong meanwhile
        down = any(error.code() == KafkaError._ALL_BROKERS_DOWN for error in errors)
        if down:
            client.poll(_STEP_SECONDS)  # why may be told after
        for error in errors:
            if error.code() in _REFUSALS:
                raise LoginRefused(
                    f"the broker at {connection['bootstrap.servers']} and the user "
                    f"{connection.get('sasl.username')} cannot agree ({error.str()}): see the settings "
                    "COVID_KAFKA_…"
                )
        if down:
            return
