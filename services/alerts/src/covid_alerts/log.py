"""The log, as the alerts read it: from the beginning each time, since no state is kept but the alerts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from covid_alerts import another
from covid_core import topics
from covid_core.alerts import alert
from covid_core.alerts.alert import Alert

_log = logging.getLogger(__name__)

Place = tuple[str, int]
"""Topic and partition."""

UpTo = Callable[[int], Iterable[Message]]
"""The messages of `covid.alerts` from its beginning up to, not including, an offset."""

_ANSWER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.2
_CHUNK: Final = 500
_SEND_SECONDS: Final = 30.0
_CHECK_SECONDS: Final = 30.0
"""Between two looks at how many partitions there are."""


class OtherPartitions(Exception):
    """A topic has got partitions that are not read: reading has to begin again."""


class Log:
    """A consumer that is assigned all partitions by hand, and a producer. Methods raise `KafkaException`."""

    def __init__(self, connection: Mapping[str, Any], read: Sequence[str]) -> None:
        """`connection`: librdkafka's connection properties; `read`: topics. Raises where no client can be
        made."""
        self._connection = connection
        self._topics = read
        self._consumer = Consumer(
            {
                **connection,
                "group.id": topics.ALERTS_GROUP,
                "client.id": "covid-alerts",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "allow.auto.create.topics": False,
                # Offsets that are no more mean another log: begin again with nothing known.
                "auto.offset.reset": "error",
                "queued.max.messages.kbytes": 8192,
                "reconnect.backoff.max.ms": 1000,
            }
        )
        self._producer = Producer(
            {
                **connection,
                "client.id": "covid-alerts",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
            }
        )
        self._positions: dict[Place, int] = {}
        self._behind: set[Place] = set()
        self._checked = 0.0

    def missing(self) -> list[str]:
        """The topics, of those that are read or written, that are not there."""
        known = self._consumer.list_topics(timeout=_ANSWER_SECONDS).topics
        wanted = (*self._topics, topics.ALERTS)
        return [name for name in wanted if name not in known or known[name].error is not None]

    def begin(self) -> None:
        """Read all topics from their beginning."""
        places = self._places()
        self._checked = time.monotonic()
        self._positions = dict.fromkeys(places, 0)
        self._behind = set(places)
        self._consumer.assign([TopicPartition(*each, OFFSET_BEGINNING) for each in places])

    @property
    def caught_up(self) -> bool:
        """Whether the end of every partition has been seen once: before, what is missing is only unread."""
        return not self._behind

    @property
    def positions(self) -> Mapping[Place, int]:
        """The offset after the newest message that was read, by place."""
        return self._positions

    def partitions(self, topic: str) -> int:
        """How many a topic has."""
        return sum(name == topic for name, _ in self._positions)

    def read(self) -> list[Message]:
        """What has come; waits a little where nothing has. A broker that is away for a while is no error, one
        that answers another client is.

        Raises `OtherPartitions`.
        """
        if time.monotonic() - self._checked > _CHECK_SECONDS:
            self._require_places()
        found = []
        for message in self._consumer.consume(_CHUNK, _POLL_SECONDS):
            error = message.error()
            if error is None:
                place = str(message.topic()), message.partition() or 0
                self._positions[place] = (message.offset() or 0) + 1
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._behind.discard((str(message.topic()), message.partition() or 0))
            elif error.code() == KafkaError._AUTO_OFFSET_RESET or error.fatal():
                raise KafkaException(error)
            else:
                _log.warning("the broker: %s", error.str())
        return found

    def _places(self) -> list[Place]:
        known = self._consumer.list_topics(timeout=_ANSWER_SECONDS).topics
        return [(topic, number) for topic in self._topics for number in known[topic].partitions]

    def _require_places(self) -> None:
        self._checked = time.monotonic()
        try:
            added = sorted(set(self._places()) - self._positions.keys())
        except (KafkaException, KeyError) as error:
            if isinstance(error, KafkaException) and another.is_answered(self._connection):
                raise
            _log.warning("how many partitions there are was not told: %s", error)
            return
        if added:
            topic, number = added[0]
            raise OtherPartitions(f"{topic} has a partition {number} now")

    def end(self) -> int:
        """Where the next message of `covid.alerts` will stand."""
        where = TopicPartition(topics.ALERTS, 0)
        return int(self._consumer.get_watermark_offsets(where, timeout=_ANSWER_SECONDS)[1])

    def tell(self, changed: Mapping[str, Alert | None]) -> None:
        """Write alerts by id; None: it is no more. They are in the log when it returns."""
        failed: list[KafkaError] = []
        for name, one in changed.items():
            self._producer.produce(
                topics.ALERTS,
                None if one is None else alert.encode(one),
                name.encode(),
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
            self._producer.poll(0)
        left = self._producer.flush(_SEND_SECONDS)
        if failed or left:
            raise KafkaException(failed[0] if failed else KafkaError(KafkaError._TIMED_OUT))

    def commit(self) -> None:
        """Say how far it has read; nothing is read from there again, it only shows the lag."""
        done = [TopicPartition(*each, offset) for each, offset in self._positions.items() if offset]
        if done:
            try:
                self._consumer.commit(offsets=done, asynchronous=False)
            except KafkaException as error:
                _log.warning("the position could not be committed: %s", error)

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()


def standing(messages: Iterable[Message]) -> dict[str, Alert]:
    """The alerts by id, as messages of `covid.alerts` from its beginning leave them."""
    found: dict[str, Alert] = {}
    for message in messages:
        take(found, message)
    return found


def take(found: dict[str, Alert], message: Message) -> Alert | None:
    """Enter a message of `covid.alerts`. What another version wrote in another shape is left out: it is
    written anew."""
    key, value = message.key(), message.value()
    name = (key or b"").decode(errors="replace")
    found.pop(name, None)
    if value is None:
        return None
    try:
        one = alert.decode(value)
    except msgspec.MsgspecError as error:
        _log.warning("an alert that cannot be read: %s", error)
        return None
    found[name] = one
    return one
