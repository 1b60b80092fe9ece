"""From rows to alerts: takes what comes, and writes how the alerts have changed by it.

Deduplication needs no memory of its own: what was told stands on `covid.alerts`, what is known is read from
the log at every start, and only their difference is written.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec
from confluent_kafka import Message

from covid_alerts.counters import Counters
from covid_alerts.log import Place
from covid_core import control, messages, topics
from covid_core.alerts.alert import Alert
from covid_core.alerts.known import Known
from covid_core.alerts.turns import turns
from covid_core.arrivals import place
from covid_core.control import Drained
from covid_core.logged import Logged
from covid_core.records import Refused

_log = logging.getLogger(__name__)

LONGEST_SECONDS: Final = 2.0
"""How long rows may come without a pause before alerts are told: a large load is not evaluated row by row."""


class Source(Protocol):
    """Where rows come from and alerts go to."""

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the log at the beginning was read."""

    @property
    def positions(self) -> Mapping[Place, int]:
        """The offset after the newest message that was read."""

    def partitions(self, topic: str) -> int:
        """How many a topic has."""

    def read(self) -> list[Message]:
        """What has come."""

    def tell(self, changed: Mapping[str, Alert | None]) -> None:
        """Write alerts durably."""

    def commit(self) -> None:
        """Say how far it has read."""


class Evaluator:
    """One evaluation after another, on one thread."""

    def __init__(
        self,
        log: Source,
        known: Known,
        told: dict[str, Alert],
        counters: Counters,
        now: Callable[[], float],
    ) -> None:
        """`told`: the alerts as they stand on `covid.alerts`. `now`: seconds of a clock that only goes on."""
        self._log = log
        self._known = known
        self._told = told
        self._counters = counters
        self._generation = 0
        self._drained: Drained | None = None
        self._dropped = 0
        self._changed = True
        self._uncommitted = False
        self._now = now
        self._since = 0.0
        counters.standing(told.values())

    @property
    def ready(self) -> bool:
        """Whether everything that stood in the log at the start was read."""
        return self._log.caught_up

    def run(self, stopped: Callable[[], bool], turned: Callable[[], None] = lambda: None) -> None:
        """Go on until `stopped`; `turned` is called after each step. Raises `KafkaException`."""
        while not stopped():
            self.step()
            turned()

    def step(self) -> None:
        """Take what has come, and once it pauses, or for long has not, tell what has changed by it."""
        read = self._log.read()
        if read and not self._uncommitted:
            self._since = self._now()
        for message in read:
            self._take(message)
        self._uncommitted |= bool(read)
        if read and self._now() - self._since < LONGEST_SECONDS:
            return
        if self._changed and self._log.caught_up and not self._rebuilding():
            self._drop()
            self._tell()
            self._changed = False
        if self._uncommitted:
            self._log.commit()
            self._uncommitted = False

    def _tell(self) -> None:
        happened = list(turns(self._told, self._known))
        changed: dict[str, Alert | None] = {}
        for turn in happened:
            if turn.after is not None:
                changed[turn.after.id] = turn.after
            elif turn.before is not None:
                changed[turn.before.id] = None
        if not changed:
            return
        self._log.tell(changed)
        for name, alert in changed.items():
            if alert is None:
                self._told.pop(name, None)
            else:
                self._told[name] = alert
        self._counters.happened(turn.event for turn in happened if turn.event is not None)
        self._counters.standing(self._told.values())

    def _take(self, message: Message) -> None:
        self._changed = True
        topic = message.topic()
        if topic == topics.METRICS:
            try:
                self._known.take(messages.decode(message.value()))
            except messages.BadMessage as error:
                # The sinks write the dead letter.
                _log.warning("%s, offset %s: %s", topic, message.offset(), error)
        elif topic == topics.RECORDS:
            self._report(message)
        elif topic == topics.CONTROL:
            self._control(message)

    def _report(self, message: Message) -> None:
        at = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
        partitions = self._log.partitions(topics.RECORDS)
        try:
            record, at_home = place(message.value(), at, message.partition() or 0, partitions=partitions)
        except Refused:
            return
        if at_home:
            self._known.report(Logged(record, message.offset() or 0))

    def _control(self, message: Message) -> None:
        value = message.value()
        if value is None:
            return
        try:
            if message.key() == control.GENERATION:
                self._generation = control.decode_generation(value).generation
            elif message.key() == control.DRAINED:
                self._drained = control.decode_drained(value)
        except msgspec.MsgspecError as error:
            _log.warning("%s: %s", topics.CONTROL, error)

    def _rebuilding(self) -> bool:
        """Whether a generation is under way: its rows go through the past once more, and nobody is to be
        told of that."""
        if self._drained is None or self._drained.generation < self._generation:
            return self._generation > 1
        ends = self._drained.metrics_end
        return any(self._log.positions.get((topics.METRICS, number), 0) < end for number, end in ends.items())

    def _drop(self) -> None:
        if self._drained is not None and self._drained.generation > self._dropped:
            self._dropped = self._drained.generation
            self._known.drop_before(self._dropped)
