"""Positions in `covid.metrics`, as the ids of events: `0:123,1:99` are the next offsets of two partitions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Positions = Mapping[int, int]
"""The next offset of each partition."""

_LONGEST: Final = 8192
_ID: Final = re.compile(r"\d{1,6}:\d{1,18}(,\d{1,6}:\d{1,18})*")


def encode(positions: Positions) -> str:
    """The id of what has everything before these positions."""
    return ",".join(f"{partition}:{offset}" for partition, offset in sorted(positions.items()))


def decode(text: str) -> dict[int, int] | None:
    """The positions of an id, or None for what is none."""
    if len(text) > _LONGEST or not _ID.fullmatch(text):
        return None
    pairs = (pair.split(":") for pair in text.split(","))
    return {int(partition): int(offset) for partition, offset in pairs}
