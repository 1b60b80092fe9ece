"""The log: appending to its topics, and reading the list of finished files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from covid_core import ledger, topics

NEEDED: Final = (topics.RECORDS, topics.RECORDS_DLQ, topics.FILES)

_ANSWER_SECONDS: Final = 10.0
_TOPICS_SECONDS: Final = 3.0
"""How long topics may take to appear: those that were made a moment ago are not known at once."""

_DELIVERY_SECONDS: Final = 60
_STOP_SECONDS: Final = 5.0
_QUEUE: Final = 100_000

Headers = Sequence[tuple[str, bytes]]
T = TypeVar("T")


class LogUnavailable(Exception):
    """The broker cannot be reached or did not take all messages. The text says what to do."""


class Log:
    """An idempotent producer on the log, and what it needs to know of it.

    With each failure there is another producer: the one that failed may have lost its brokers for good
    (docs/adr/0018).
    """

    def __init__(self, connection: Mapping[str, Any], should_stop: Callable[[], bool] = bool) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed, but for
        a token where the broker wants one: raises `LogUnavailable` when none comes within 10 seconds.

        Once `should_stop` says so, no wait for the broker takes more than a few seconds.
        """
        self._should_stop = should_stop
        self._connection = dict(connection)
        self._bootstrap = str(connection.get("bootstrap.servers"))
        self._producer = self._made()
        self._refusal: KafkaError | None = None

    def _made(self) -> Producer:
        return self._client(
            Producer,
            {
                **self._connection,
                "client.id": "covid-producer",
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "zstd",
                # Java's default partitioner, so that every client finds a region in the same partition.
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "message.timeout.ms": _DELIVERY_SECONDS * 1000,
                "queue.buffering.max.messages": _QUEUE,
            },
        )

    def _client(self, kind: Callable[[dict[str, Any]], T], properties: dict[str, Any]) -> T:
        """A client of librdkafka. Raises `LogUnavailable` where it cannot be made."""
        try:
            return kind(properties)
        except KafkaException as error:
            raise LogUnavailable(
                f"no client can be made for the broker at {self._bootstrap} ({_text(error.args[0])}): see "
                "the settings COVID_KAFKA_…, and for Amazon MSK the AWS credentials of this process"
            ) from error

    def check(self) -> None:
        """Raise `LogUnavailable` unless the broker answers and has the topics."""
        deadline = time.monotonic() + _TOPICS_SECONDS
        while missing := self._missing():
            if self._should_stop() or time.monotonic() > deadline:
                raise LogUnavailable(
                    f"the broker at {self._bootstrap} has no topic {', '.join(missing)}: start the stack "
                    "(make run), which makes the topics, or set COVID_KAFKA_BOOTSTRAP to its broker"
                )
            time.sleep(0.1)

    def _missing(self) -> list[str]:
        """The topics that are not there, or have no leader yet."""
        try:
            known = self._producer.list_topics(timeout=_ANSWER_SECONDS).topics
        except KafkaException as error:
            self._producer = self._made()
            raise LogUnavailable(
                f"no Kafka broker answers at {self._bootstrap}: start one (make run), or set "
                f"COVID_KAFKA_BOOTSTRAP to the address of yours ({_text(error.args[0])})"
            ) from error
        return [
            name
            for name in NEEDED
            if name not in known
            or known[name].error
            or any(partition.leader < 0 for partition in known[name].partitions.values())
        ]

    def finished(self) -> dict[str, ledger.Finished]:
        """The finished files by key. Raises `LogUnavailable`."""
        found: dict[str, ledger.Finished] = {}
        # The group only names the client: partitions are assigned by hand and nothing is committed.
        consumer = self._client(
            Consumer,
            {
                **self._connection,
                "group.id": "covid-producer-ledger",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                # The end of a topic is told when a fetch comes back empty: that need not take half a second.
                "fetch.wait.max.ms": 20,
            },
        )
        try:
            partitions = consumer.list_topics(topics.FILES, timeout=_ANSWER_SECONDS).topics[topics.FILES]
            waiting = set(partitions.partitions)
            consumer.assign([TopicPartition(topics.FILES, number, OFFSET_BEGINNING) for number in waiting])
            while waiting:
                message = consumer.poll(_ANSWER_SECONDS)
                if message is None:
                    raise LogUnavailable(
                        f"{topics.FILES} at {self._bootstrap} did not answer within {_ANSWER_SECONDS:.0f} s: "
                        "see whether the broker is well, then try again"
                    )
                error = message.error()
                if error is None:
                    _enter(found, message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    waiting.discard(message.partition() or 0)
                else:
                    raise KafkaException(error)
        except KafkaException as error:
            raise LogUnavailable(
                f"{topics.FILES} cannot be read at {self._bootstrap}: {_text(error.args[0])}"
            ) from error
        finally:
            consumer.close()
        return found

    def append(self, topic: str, key: bytes, value: bytes, headers: Headers = ()) -> None:
        """Hand over one message; `flush` tells whether it arrived. Waits while the queue is full."""
        deadline = time.monotonic() + _DELIVERY_SECONDS + _ANSWER_SECONDS
        while True:
            try:
                self._producer.produce(
                    topic, value=value, key=key, headers=list(headers), on_delivery=self._delivered
                )
            except BufferError:
                self._producer.poll(0.1)
                self._raise_refusal()
                if self._should_stop() or time.monotonic() > deadline:
                    self._give_up()
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until the broker has every message. Raises `LogUnavailable` where it does not take one."""
        started = time.monotonic()
        while self._producer.flush(0.2):
            self._raise_refusal()
            patience = _STOP_SECONDS if self._should_stop() else _DELIVERY_SECONDS + _ANSWER_SECONDS
            if time.monotonic() > started + patience:
                self._give_up()
        self._raise_refusal()

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None and self._refusal is None:
            self._refusal = error

    def _raise_refusal(self) -> None:
        if self._refusal is not None:
            self._give_up(self._refusal)

    def _give_up(self, refusal: KafkaError | None = None) -> NoReturn:
        """Forget what is under way: publishing it again as a whole changes nothing twice."""
        self._producer.purge()
        self._producer.flush(1)
        self._refusal = None
        self._producer = self._made()
        why = _text(refusal) if refusal else "it does not answer"
        raise LogUnavailable(
            f"the broker at {self._bootstrap} did not take all records ({why}): see whether it is up and has "
            "disk left, then publish again"
        )


def _enter(found: dict[str, ledger.Finished], message: Message) -> None:
    key, value = message.key(), message.value()
    if key is None:
        return
    name = key.decode(errors="replace")
    entry = ledger.decode(value) if value is not None else None
    if entry is None:
        found.pop(name, None)
    else:
        found[name] = entry


def _text(error: object) -> str:
    return error.str() if isinstance(error, KafkaError) else str(error)
