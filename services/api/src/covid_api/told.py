"""What a message of `covid.records` says beside its counts: when it came, who wrote it, what kind it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from confluent_kafka import Message

from covid_core.records import Record
from covid_core.topics import Header


def headers(message: Message) -> dict[str, str]:
    """The headers as text."""
    given = cast("Iterable[tuple[str, bytes | None]]", message.headers() or ())
    return {name: value.decode(errors="replace") for name, value in given if value is not None}


def time(message: Message) -> dt.datetime:
    """The log's timestamp, in UTC."""
    return dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)


def kind(record: Record) -> str:
    """deletion, withdrawal, correction or report."""
    if record.deleted:
        return "deletion"
    if record.withdrawn:
        return "withdrawal"
    return "correction" if record.correction else "report"


def arrival(message: Message) -> dict[str, Any]:
    """When and where a message came, and from whom."""
    found = headers(message)
    return {
        "at": time(message).isoformat(),
        "partition": message.partition(),
        "offset": message.offset(),
        "actor": found.get(Header.ACTOR),
        "file": found.get(Header.FILE),
    }
