"""Consumer lag as figures, asked of the broker.

A client knows ends of partitions only from what it fetched last, and one that waits for its store fetches
nothing: its own idea of the lag stands still while the real one grows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from covid_process.kept import KeptConsumer

_log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 10.0
_PAUSE: Final = 0.2
_SETTLING: Final = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
"""What a broker answers that was started a moment ago, or lost a neighbour."""

Place = tuple[str, int]
"""Topic and partition."""


class Positions(Protocol):
    """What is asked of the broker for one consumer group. Every method may raise."""

    def places(self, topics: Sequence[str]) -> list[Place]:
        """All partitions of these topics."""

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of the group, 0 where it has committed none."""

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Where the next message of each partition will stand."""


class Broker:
    """The broker's own answers, through a consumer that reads nothing and never joins the group.

    Not through an `AdminClient`: its `list_consumer_group_offsets` (confluent-kafka 2.16.1) ends the process
    by a segmentation fault, two times in four, where a fresh broker is still loading its coordinator.
    """

    def __init__(self, connection: Mapping[str, Any], group: str, timeout: float = TIMEOUT_SECONDS) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed."""
        self._consumer = KeptConsumer(
            {
                **connection,
                "group.id": group,
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
            }
        )
        self._timeout = timeout

    def places(self, topics: Sequence[str]) -> list[Place]:
        """All partitions of these topics."""
        found: list[Place] = []
        with self._consumer.asked() as consumer:
            consumer.poll(0)  # events of the connection would pile up otherwise
            for topic in topics:
                described = consumer.list_topics(topic, timeout=self._timeout).topics[topic]
                if described.error is not None:
                    raise KafkaException(described.error)
                found += [(topic, partition) for partition in described.partitions]
        return found

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of the group, 0 where it has committed none.

        Waits, as long as for any answer, while the broker finds out who coordinates the group.
        """
        asked = [TopicPartition(topic, partition) for topic, partition in places]
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                with self._consumer.asked() as consumer:
                    answers = consumer.committed(asked, timeout=self._timeout)
                break
            except KafkaException as error:
                if error.args[0].code() not in _SETTLING or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
        for answer in answers:
            if answer.error is not None:
                raise KafkaException(answer.error)
        return {(answer.topic, answer.partition): max(0, answer.offset) for answer in answers}

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Where the next message of each partition will stand."""
        with self._consumer.asked() as consumer:
            return {
                (topic, partition): consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=self._timeout
                )[1]
                for topic, partition in places
            }


class Lag:
    """The figures of one consumer group, and how many dead letters a topic holds.

    All replicas of a service show the same figures, those of their group: aggregate by `max`, not by `sum`.
    While the broker does not answer there are none, rather than old ones.
    """

    def __init__(
        self,
        positions: Positions,
        group: str,
        topics: Sequence[str],
        dead_letters: Sequence[str] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """`topics`: what the group reads from the beginning; `dead_letters`: topics that nothing is removed
        from and whose messages are counted."""
        self._positions = positions
        self._group = group
        self._topics = topics
        self._dead_letters = dead_letters
        labels = ("group", "topic", "partition")
        self._lag = Gauge(
            "covid_consumer_lag_messages",
            "messages between the end of a partition and what the group has committed; none while the "
            "broker does not answer",
            labels,
            registry=registry,
        )
        self._committed = Gauge(
            "covid_consumer_committed_offset",
            "offset up to which the group is done",
            labels,
            registry=registry,
        )
        self._letters = Gauge(
            "covid_dead_letter_messages",
            "messages in a topic of dead letters; one refusal may have several (at-least-once)",
            ("topic",),
            registry=registry,
        )
        self._silent = False

    def measure(self) -> None:
        """Ask once and show the answer."""
        try:
            places = self._positions.places(self._topics)
            # In this order what is committed in between makes the lag too great for a moment, never negative.
            committed = self._positions.committed(places)
            ends = self._positions.ends([*places, *self._positions.places(self._dead_letters)])
        except Exception as error:  # whatever it is: figures that no longer change must not stay
            if not self._silent:
                _log.warning("consumer lag is unknown: %s", error)
            self._silent = True
            for gauge in (self._lag, self._committed, self._letters):
                gauge.clear()
            return
        self._silent = False
        for topic, partition in places:
            done = committed[topic, partition]
            labels = (self._group, topic, str(partition))
            self._committed.labels(*labels).set(done)
            self._lag.labels(*labels).set(max(0, ends[topic, partition] - done))
        for letters in self._dead_letters:
            self._letters.labels(letters).set(
                sum(end for (topic, _), end in ends.items() if topic == letters)
            )

    def watch(self, every: float = EVERY_SECONDS) -> None:
        """Measure every so many seconds, in a thread that ends with the process."""
        threading.Thread(target=self._run, args=(every,), name="lag", daemon=True).start()

    def _run(self, every: float) -> None:
        pause = threading.Event()
        while not pause.wait(every):
            self.measure()
