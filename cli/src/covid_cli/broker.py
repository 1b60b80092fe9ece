"""The broker that the settings or a running stack name, for commands that read and write the log."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from confluent_kafka import KafkaException

from covid_cli import login
from covid_cli.errors import UserError
from covid_cli.publish import environment
from covid_cli.settings import group
from covid_core.settings import KafkaSettings
from covid_process.signer import Signer
from covid_process.topic import BrokerSilent

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


def settings(kind: type[S], home: Path | None) -> S:
    """A group of settings, as the environment and the running stack have it. Raises `UserError`."""
    return group(kind, {**os.environ, **environment(home)})


def connection(home: Path | None) -> dict[str, Any]:
    """librdkafka's connection properties; its errors come as exceptions. Raises `UserError`, also where the
    broker refuses the user."""
    found = settings(KafkaSettings, home).librdkafka(Signer())
    login.require(found)
    return found


def asked(question: Callable[[], T]) -> T:
    """The answer to a question that needs the broker. Raises `UserError` where it does not answer."""
    try:
        return question()
    except (KafkaException, BrokerSilent) as error:
        raise UserError(f"The broker does not answer ({error}): is the stack running?") from error
