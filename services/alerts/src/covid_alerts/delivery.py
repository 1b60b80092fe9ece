"""From `covid.alerts` to the webhook: what has turned, once the topic has it, and until the receiver does."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from covid_alerts import another
from covid_alerts.counters import Counters
from covid_alerts.log import UpTo, standing, take
from covid_alerts.webhook import Failed, RefusedForGood, Webhook
from covid_core import topics
from covid_core.alerts.alert import Alert, State

_log = logging.getLogger(__name__)

LONGEST_WAIT: Final = 60.0
"""Seconds between two tries at most."""

_ANSWER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = 0.2
_CHECK_SECONDS: Final = 30.0
_SETTLING: Final = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
"""What a broker answers that was started a moment ago."""


class Due:
    """Whether the receiver is to be told of an alert: where its state is another than it was last told, and
    it is news, or the end of what it was told, or what it was told has ended is so after all.

    Of what stood when delivery began it is not known whether it was news then, so its next turn is told in
    any case: one message too many is ignored, one too few leaves a receiver with an alert for good, or
    without one that is.
    """

    def __init__(self, delivered: Mapping[str, Alert], news_days: int) -> None:
        """`delivered`: what the topic says up to where delivery has come."""
        self._news = dt.timedelta(news_days)
        self._told = {name: one.state for name, one in delivered.items()}

    def __call__(self, alert: Alert) -> bool:
        known = self._told.get(alert.id)
        if known is alert.state:
            return False
        if known is State.ACTIVE or (known is not None and alert.state is State.ACTIVE):
            return True
        return alert.state is not State.WITHDRAWN and self._is_news(alert)

    def done(self, alert: Alert) -> None:
        """It was told."""
        self._told[alert.id] = alert.state

    def _is_news(self, alert: Alert) -> bool:
        """In event time: what a history that is read for the first time says of the past is none."""
        return alert.as_of - alert.changed <= self._news


class Delivery:
    """Follows the topic under a consumer group of its own, one message at a time, on one thread."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        up_to: UpTo,
        webhook: Webhook,
        *,
        news_days: int,
        counters: Counters,
        now: Callable[[], dt.datetime],
    ) -> None:
        """`connection`: librdkafka's connection properties."""
        self._connection = connection
        self._up_to = up_to
        self._webhook = webhook
        self._news_days = news_days
        self._counters = counters
        self._now = now
        self._stop = threading.Event()
        self._consumer = Consumer(
            {
                **connection,
                "group.id": topics.WEBHOOK_GROUP,
                "client.id": "covid-alerts-webhook",
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
                "auto.offset.reset": "earliest",
                "reconnect.backoff.max.ms": 1000,
            }
        )
        self._due = Due({}, news_days)
        self._asked = time.monotonic()

    def begin(self) -> None:
        """Find out how far delivery has come; the first time, from here on. Raises `KafkaException`."""
        place = TopicPartition(topics.ALERTS, 0)
        start = self._committed(place)
        if start < 0:
            _, start = self._consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
            self._commit(start)
        self._due = Due(standing(self._up_to(start)), self._news_days)
        self._consumer.assign([TopicPartition(topics.ALERTS, 0, start)])

    def _committed(self, place: TopicPartition) -> int:
        """The next offset to deliver, negative for none; waits while a broker has no coordinator yet."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            try:
                (found,) = self._consumer.committed([place], timeout=_ANSWER_SECONDS)
                if found.error is not None:
                    raise KafkaException(found.error)
                return int(found.offset)
            except KafkaException as error:
                if error.args[0].code() not in _SETTLING or time.monotonic() > deadline:
                    raise
                self._stop.wait(_PAUSE_SECONDS)

    def run(self) -> None:
        """Deliver until `stop`. Raises `KafkaException`."""
        try:
            while not self._stop.is_set():
                message = self._consumer.poll(_POLL_SECONDS)
                if message is None:
                    self._require_broker()
                    continue
                error = message.error()
                if error is None:
                    self._deliver(message)
                elif error.fatal():
                    raise KafkaException(error)
                else:
                    _log.warning("the broker: %s", error.str())
        finally:
            self._consumer.close()

    def _require_broker(self) -> None:
        """Now and then: raise where only another client finds one. Where nobody does it is away."""
        if time.monotonic() - self._asked < _CHECK_SECONDS:
            return
        self._asked = time.monotonic()
        try:
            self._consumer.list_topics(topics.ALERTS, timeout=_ANSWER_SECONDS)
        except KafkaException:
            if another.is_answered(self._connection):
                raise

    def stop(self) -> None:
        """Stop after the try under way; what was not delivered comes again."""
        self._stop.set()

    def _deliver(self, message: Message) -> None:
        alert, offset = take({}, message), message.offset() or 0
        if alert is not None and self._due(alert):
            if not self._delivered(alert, offset):
                return
            self._due.done(alert)
        self._commit(offset + 1)

    def _delivered(self, alert: Alert, turn: int) -> bool:
        retrying = Retrying(
            retry=retry_if_exception_type(Failed),
            wait=wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT),
            stop=stop_when_event_set(self._stop),
            sleep=sleep_using_event(self._stop),
            before_sleep=self._failed,
        )
        try:
            retrying(lambda: self._webhook.post(alert, turn, self._now()))
        except RetryError:
            return False
        except RefusedForGood as error:
            _log.error("%s is refused for good: %s", alert.id, error)
            self._counters.delivered(refused=True)
        else:
            self._counters.delivered()
        return True

    def _failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1:
            _log.warning("trying again: %s", error)
        self._counters.failed()

    def _commit(self, offset: int) -> None:
        try:
            self._consumer.commit(offsets=[TopicPartition(topics.ALERTS, 0, offset)], asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._FATAL):
                raise
            _log.warning("what was delivered could not be committed, and may be again: %s", error)
