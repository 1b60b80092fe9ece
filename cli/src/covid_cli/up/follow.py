"""Follows what was published until every store holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import KafkaException

from covid_cli import lag
from covid_cli.settings import group_suffix
from covid_cli.up.arrivals import Arrivals
from covid_cli.up.publishing import Publishing
from covid_cli.up.view import View
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.environment import load
from covid_core.settings import KafkaSettings
from covid_process.signer import Signer

# Seconds. Each look asks the broker a dozen questions, while every part competes for the processor.
_TICK = 1.0


class Follower:
    """Shows how far the log and the stores are. `complete` maps a group to when it had nothing left to do,
    `suffix` ends the names of the sinks' groups."""

    def __init__(self, environment: Mapping[str, str], view: View, arrivals: Arrivals) -> None:
        settings = load(KafkaSettings, environment, lambda path: Path(path).read_text(encoding="utf-8"))
        self._positions = Positions(settings.librdkafka(Signer()))
        self._view = view
        self._arrivals = arrivals
        self.suffix = group_suffix(environment)
        self.complete: dict[str, float] = {}

    def until_published(self, publishing: Publishing) -> None:
        """Wait for the producer. Raises `UserError` when nothing could be published."""
        while not publishing.finished():
            self._show("publishing")
            time.sleep(_TICK)

    def until_arrived(self) -> None:
        """Wait until the stream and every sink have finished all there is."""
        while True:
            try:
                behind = lag.behind(self._positions, self.suffix)
            except (KafkaException, LookupError):
                time.sleep(_TICK)
                continue
            self._note(behind)
            total = sum(behind.values())
            self._show(f"{total:,} messages still to handle" if total else "all handled")
            # The stream's output comes before its commit, so nothing behind it can be missing then.
            if not total:
                return
            time.sleep(_TICK)

    def _note(self, behind: dict[tuple[str, str], int]) -> None:
        left: dict[str, int] = {}
        for (group, _), count in behind.items():
            left[group] = left.get(group, 0) + count
        streamed = not left[topics.STREAM_GROUP]
        for group, count in left.items():
            if count or not streamed:
                self.complete.pop(group, None)
            else:
                self.complete.setdefault(group, time.monotonic())

    def _show(self, doing: str) -> None:
        self._view.rows = dict(self._arrivals.rows)
        try:
            records = lag.messages_in(self._positions, topics.RECORDS)
        except (KafkaException, LookupError):
            return
        self._view.log_line = f"{records:,} records in {topics.RECORDS}, {doing}"
