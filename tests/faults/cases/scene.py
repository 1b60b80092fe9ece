"""What a fault is, and where it happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.load import Load
from tests.faults.rig import Rig

OUTAGE_SECONDS: Final = 20.0
LONG_OUTAGE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Scene:
    """Where a fault happens. `outage`: seconds that this one lasts, where it lasts."""

    rig: Rig
    files: Sequence[Path]
    chance: random.Random
    outage: float
    load: Load


Inject = Callable[[Scene], str]
"""Inject one fault, heal it, and say what it was."""


@dataclass(frozen=True)
class Case:
    """A kind of fault.

    `minutes`: about, of 20 faults with two other cases beside, on two cores; `waits`: most of it without work
    for a processor. Both only order the cases. `refused`: messages that one fault adds to what the stream
    refuses. `anew`: whether all records are read anew after each, or nearly all: there are fewer of them.
    `wanting`: what this machine lacks for it; empty where nothing.
    """

    number: int
    name: str
    inject: Inject
    minutes: int
    waits: bool = False
    refused: int = 0
    anew: bool = False
    wanting: Callable[[], str] = str

    @property
    def rest(self) -> float:
        """Seconds at least between two files; where that is short, one is under way in about every outage."""
        return 6 * OUTAGE_SECONDS if self.anew else OUTAGE_SECONDS

    @property
    def vintages(self) -> tuple[str, ...]:
        """Of the daily file, which are published: small ones where all is read anew."""
        return ("2020-04-14", "2020-07-26") if self.anew else ("2020-07-26", "2021-01-14")
