"""The function behind the table's stream: each change of `covid_inbox` becomes records of `covid.records`."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from covid_batch.aws_lambda import clients, events
from covid_batch.aws_lambda.events import Change
from covid_core import dlq, inbox, records, topics
from covid_core.records import Refused
from covid_core.settings import InboxSettings, KafkaSettings
from covid_process.signer import Signer

DELIVERY_SECONDS: Final = 10
"""How long a record may take to the log; the function's own time must be longer."""

_APART_SECONDS: Final = 0.002
"""The log stamps in milliseconds, and a whole request at once."""

_NOBODY: Final = "inbox"


class Outgoing(NamedTuple):
    """A message, and the place in the batch of the change that it is of."""

    place: int
    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]


class Sender(Protocol):
    """Sends messages and waits for the brokers."""

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Send messages in order; those that the brokers did not confirm. Raises `KafkaException`."""


class Log:
    """`Sender` by librdkafka: in order, each once, confirmed by all brokers in sync.

    With each failure there is another producer: the one that failed may have lost its brokers for good
    (docs/adr/0018), and Lambda keeps a process for hours.
    """

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties."""
        self._connection = dict(connection)
        self._producer = self._made()

    def _made(self) -> Producer:
        return Producer(
            {
                **self._connection,
                "client.id": "covid-inbox",
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": DELIVERY_SECONDS * 1000,
            }
        )

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """See `Sender`."""
        open_ = dict(enumerate(messages))
        try:
            for number, message in enumerate(messages):
                self._producer.produce(
                    message.topic,
                    message.value,
                    message.key,
                    headers=dict(message.headers),
                    on_delivery=_noting(open_, number),
                )
            self._producer.flush(DELIVERY_SECONDS + 2)
        finally:
            if open_:
                self._replace()
        return list(open_.values())

    def _replace(self) -> None:
        # What is still under way is sent again by the next attempt, and must not come after that one.
        self._producer.purge()
        self._producer.flush(1)
        self._producer = self._made()


def _noting(open_: dict[int, Outgoing], number: int) -> Callable[[KafkaError | None, Message], None]:
    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            del open_[number]

    return delivered


class Changes:
    """Carries changes into the log, and what is no record to its dead letters."""

    def __init__(self, log: Sender, table: str, now: Callable[[], dt.datetime]) -> None:
        self._log = log
        self._table = table
        self._now = now

    def handle(self, event: Any) -> Any:
        """Publish a batch; answers from which change on Lambda is to try again. Raises `BadEvent`.

        Records of one id are sent one after the other, so that each has a later stamp than the one before:
        on the same stamp a deletion would win over what was written after it.
        """
        changes = events.table_changes(event, self._table, inbox.KEY)
        waves = self._waves(changes)
        for number, wave in enumerate(waves):
            if number:
                time.sleep(_APART_SECONDS)
            unsent = [message.place for message in self._log.send(wave)]
            if unsent:
                # Lambda goes on with the first of these, whatever of the later ones has been sent.
                unsent += [message.place for later in waves[number + 1 :] for message in later]
                return {"batchItemFailures": [{"itemIdentifier": changes[min(unsent)].sequence}]}
        return {"batchItemFailures": []}

    def _waves(self, changes: Sequence[Change]) -> list[list[Outgoing]]:
        waves: list[list[Outgoing]] = []
        sent: Counter[str] = Counter()
        for place, change in enumerate(changes):
            for message in self._outgoing(place, change):
                if sent[change.key] == len(waves):
                    waves.append([])
                waves[sent[change.key]].append(message)
                sent[change.key] += 1
        return waves

    def _outgoing(self, place: int, change: Change) -> list[Outgoing]:
        try:
            said = inbox.changes(change.old, change.new, self._now())
        except Refused as refused:
            return [self._letter(place, change, refused)]
        headers = {
            topics.Header.ACTOR: _text(change.new, inbox.ACTOR, _NOBODY).encode(),
            topics.Header.REQUEST_ID: _text(change.new, inbox.REQUEST_ID, change.event_id).encode(),
        }
        return [
            Outgoing(place, topics.RECORDS, record.region.encode(), records.encode(record), headers)
            for record in said
        ]

    def _letter(self, place: int, change: Change, refused: Refused) -> Outgoing:
        origin = dlq.ItemOrigin(self._table, change.key, change.sequence)
        letter = dlq.letter(refused.code, refused.reason, origin, msgspec.json.encode(change.new))
        return Outgoing(place, topics.RECORDS_DLQ, dlq.key(letter), dlq.encode(letter), {})


def _text(item: Mapping[str, Any] | None, name: str, otherwise: str) -> str:
    text = (item or {}).get(name, {}).get("S")
    return text if isinstance(text, str) and text else otherwise


@functools.cache
def _changes() -> Changes:
    kafka = clients.settings(KafkaSettings).librdkafka(Signer())
    return Changes(Log(kafka), clients.settings(InboxSettings).table, lambda: dt.datetime.now(dt.UTC))


def handler(event: Any, context: object) -> Any:
    """The entry point: a batch of the stream in, the first change that must be tried again out."""
    return _changes().handle(event)
