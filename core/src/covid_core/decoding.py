"""JSON from anybody: whatever the bytes are, one kind of error."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], value: bytes) -> T:
    """What the decoder gives. Raises `msgspec.DecodeError`, of another shape its subclass `ValidationError`.

    msgspec itself has other errors for bytes that are no UTF-8 and for JSON nested too deeply, and would pass
    over bytes that are no UTF-8 in fields that it does not know.
    """
    try:
        return decoder.decode(str(value, "utf-8"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None
