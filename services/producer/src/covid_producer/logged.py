"""What a log system sees of publishing, instead of bars and tables: an entry for each thing that happened."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from covid_producer.publish import Published
from covid_producer.report import Report

_log = logging.getLogger(__name__)

_LEVELS: Final = {"red": logging.ERROR, "yellow": logging.WARNING}


class LoggedReport(Report):
    """The same report, into the log."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True))

    def say(self, sentence: str, style: str = "") -> None:
        """One entry; how grave it is, its colour says."""
        _log.log(_LEVELS.get(style, logging.INFO), "%s", sentence)

    def now(self, sentence: str = "", style: str = "") -> None:
        """An entry has its time."""
        if sentence:
            self.say(sentence, style)

    def _published(self, published: Sequence[Published]) -> None:
        for one in published:
            _log.info(
                "published %s",
                one.batch.name,
                extra={
                    "covid.kind": str(one.batch.kind),
                    "covid.records": one.records,
                    "covid.refused": len(one.refusals),
                    "covid.reported_at": None if one.reported_at is None else one.reported_at.isoformat(),
                },
            )
