"""The events of `/v1/stream` as text (WHATWG, HTML: server-sent events)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from fastapi.sse import format_sse_event

RETRY_MILLISECONDS: Final = 2000
"""How long a browser waits before it connects again."""


class Event(StrEnum):
    """The kinds of events."""

    ROWS = "rows"
    RESET = "reset"


class Reset(StrEnum):
    """Why a listener has lost events and must load again what it shows."""

    TOO_FAR_BACK = "too-far-back"
    UNKNOWN_POSITION = "unknown-position"
    TOO_SLOW = "too-slow"
    LOG_CHANGED = "log-changed"


DETAILS: Final = {
    Reset.TOO_FAR_BACK: "What followed Last-Event-ID is no longer kept: load again what you show.",
    Reset.UNKNOWN_POSITION: "Last-Event-ID is no position of this log: load again what you show.",
    Reset.TOO_SLOW: "Events came faster than they were read, and some are lost: load again what you show.",
    Reset.LOG_CHANGED: "The log was read anew: load again what you show.",
}


def opening(position: str) -> bytes:
    """The first bytes: when to connect again, and from where on."""
    return format_sse_event(comment="covid.metrics", id=position, retry=RETRY_MILLISECONDS)


def heartbeat(position: str | None) -> bytes:
    """A comment that keeps the connection open. The position, where it moved on without an event."""
    return format_sse_event(comment="still here", id=position)


def rows(data: str, position: str | None) -> bytes:
    """Rows that changed. Only the last event of a message has the position after it."""
    return format_sse_event(event=Event.ROWS, data_str=data, id=position)


def reset(reason: Reset, position: str) -> bytes:
    """Events are lost; what follows begins at the position."""
    data = msgspec.json.encode({"reason": reason, "detail": DETAILS[reason]}).decode()
    return format_sse_event(event=Event.RESET, data_str=data, id=position)
