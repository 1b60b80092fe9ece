"""Server-sent events out of bytes (WHATWG, HTML: 9.2.6, interpreting an event stream)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""A carriage return at the end may be half of a pair."""


class Event(NamedTuple):
    """What a blank line ends: an event, or with no `data` only news of where the stream is.

    `id` and `retry` (milliseconds until connecting again) are None where they were not told.
    """

    kind: str
    data: str
    id: str | None
    retry: int | None


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream. One that is cut off is dropped, as the standard wants."""
    fields: dict[str, str] = {}
    data: list[str] = []
    for line in _lines(chunks):
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name:  # else it is a comment
                fields[name] = value
        elif fields or data:
            retry = fields.get("retry", "")
            yield Event(
                fields.get("event", "message"),
                "\n".join(data),
                fields.get("id"),
                int(retry) if retry.isdecimal() else None,
            )
            fields, data = {}, []


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    # Not httpx's `iter_lines`, which also breaks a line at characters that JSON may contain.
    rest = b""
    for chunk in chunks:
        *whole, rest = _LINE_END.split(rest + chunk)
        for line in whole:
            yield line.decode(errors="replace")
