"""Runs handlers over the log by Faust: batching, retry, breaker, dead letters, commit, shutdown.

At-least-once: an offset is committed only after its batch is durable. Faust's `take` acknowledges a batch
when its loop body is left *in any way*, an exception and a cancellation included, and commits what is
acknowledged when it stops. So no body is ever left early: a failure or a signal parks the body, and the
process ends without stopping Faust in the ordinary way.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

import faust
from faust.transport.drivers import aiokafka as driver
from mode.supervisors import CrashingSupervisor

from covid_core import dlq, topics
from covid_core.settings import KafkaSettings, Sign
from covid_sinks.contract import Message, Transient
from covid_sinks.counters import Counters
from covid_sinks.credentials import credentials
from covid_sinks.handlers import Handler
from covid_sinks.log import AnotherLog
from covid_sinks.retry import Breaker, until_taken
from covid_sinks.tracing import traced

logger = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 0.25
STOP_SECONDS: Final = 7.0
"""How long a batch under way may take to finish after SIGTERM."""
FETCH_WAIT_MS: Final = 100
"""Longest poll of the broker. A partition that is not part of the poll under way waits for its end, so this
is also the most a message can be late by; Faust's own 1,500 ms is too much for a live dashboard."""
FETCH_BYTES: Final = 8 << 20
"""Most that one poll brings of a partition: about a batch of full messages. Faust's own 1 MB is 7 of them,
and a sink that catches up polls that much more often. aiokafka keeps all partitions' together below 50 MB."""
DEAD_LETTER_SECONDS: Final = 10.0
WATCH_SECONDS: Final = 20.0
"""How often the broker is asked whether the topics are still the same."""
SESSION_SECONDS: Final = 30
"""After which the broker takes a silent sink for dead, and gives its partitions to another."""


class Route:
    """A handler, and how much of its topic it takes at once. `linger` is seconds."""

    def __init__(self, handler: Handler, messages: int, linger: float) -> None:
        self.handler = handler
        self.messages = messages
        self.linger = linger
        self.breaker = Breaker(handler.topic)
        self.opened = False
        self.lock = asyncio.Lock()
        """Held while a batch is under way."""


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Faust's way to Kafka, with polls of `FETCH_WAIT_MS`."""

    Consumer = _Consumer


class Runner:
    """One process: one consumer group, one or more routes."""

    def __init__(
        self,
        *,
        group: str,
        instance: str,
        kafka: KafkaSettings,
        sign: Sign,
        routes: Sequence[Route],
        counters: Counters,
        topic_ids: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> None:
        """`topic_ids` raises `Transient` while one of the topics is missing; `sign` is asked only for IAM."""
        self._routes = routes
        self._topic_ids = topic_ids
        self._names = [route.handler.topic for route in routes]
        self._ids: Mapping[str, str] = {}
        self._ends: dict[tuple[str, int], int] = {}
        """The offsets that come next, of each topic and partition that was read."""
        self._counters = counters
        self._end: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self._beat = time.monotonic()
        self._group = group
        self._app = _app(group, instance, kafka, sign)
        for route in routes:
            self._attach(route)

    @property
    def alive(self) -> bool:
        """Whether the event loop turns."""
        return time.monotonic() - self._beat < 10

    @property
    def ready(self) -> bool:
        """Whether every vital store is open and takes writes."""
        vital = [route for route in self._routes if route.handler.vital]
        return all(route.opened and not route.breaker.open for route in vital)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises what a handler or Faust raised. End the process afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._finish, None)
        background = [asyncio.create_task(each) for each in (self._pulse(), self._start(), self._watch())]
        error = await self._end
        for task in background:
            task.cancel()
        if error is not None:
            raise error
        await self._stop()

    async def _start(self) -> None:
        try:
            first = self._routes[0]
            self._ids = await self._until_taken(first, lambda: self._topic_ids(self._names))
            for route in self._routes:
                await self._until_taken(route, route.handler.open)
                route.opened = True
            logger.info("stores are open")
            await self._app.start()
            logger.info("consuming %s", ", ".join(self._names))
            await self._app.wait_until_stopped()
            self._finish(self._app.crash_reason or RuntimeError("Faust stopped by itself"))
        except Exception as error:
            self._finish(error)

    async def _stop(self) -> None:
        """Let batches under way finish, commit, let go of the stores."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for route in self._routes:
                    if not route.breaker.failures:
                        await route.lock.acquire()
                await asyncio.sleep(0.05)  # for Faust to note the last acknowledgement
                if self._app.started:
                    await self._app.consumer.commit()
                for route in self._routes:
                    if route.lock.locked() and not route.breaker.failures:
                        await asyncio.to_thread(route.handler.close)
        except TimeoutError:
            logger.warning("a store did not answer in time; its last batch will be written again")

    def _attach(self, route: Route) -> None:
        topic = self._app.topic(
            route.handler.topic,
            key_serializer="raw",
            value_serializer="raw",
            value_type=bytes,
            maxsize=2 * route.messages,
        )

        async def agent(stream: Any) -> None:
            async for events in stream.take_events(route.messages, within=route.linger):
                await self._batch(route, [_message(event.message) for event in events])

        agent.__name__ = route.handler.topic.replace(".", "_")
        self._app.agent(topic, name=agent.__name__, concurrency=1, supervisor_strategy=CrashingSupervisor)(
            agent
        )

    async def _batch(self, route: Route, messages: Sequence[Message]) -> None:
        try:
            await route.lock.acquire()
            started = time.perf_counter()
            if self._is_out_of_turn(messages):
                await self._until_taken(route, self._check_log)
            with traced(self._group, route.handler.topic, messages):
                letters = await self._until_taken(route, lambda: route.handler.handle(messages))
            for letter in letters:
                await self._bury(letter)
            self._counters.refused(len(letters))
            self._counters.took(route.handler.topic, time.perf_counter() - started)
            self._ends.update(((m.topic, m.partition), m.offset + 1) for m in messages)
            asyncio.get_running_loop().call_soon(route.lock.release)
        except asyncio.CancelledError:
            await _park()
        except AnotherLog as error:
            self._finish(error)
            await _park()
        except Exception as error:
            logger.exception("cannot go on with %s", route.handler.topic)
            self._finish(error)
            await _park()

    def _is_out_of_turn(self, messages: Sequence[Message]) -> bool:
        """Whether a partition begins, or begins again: what it had may be gone."""
        return any(m.offset < self._ends.get((m.topic, m.partition), m.offset + 1) for m in messages)

    def _check_log(self) -> None:
        """Raise `AnotherLog` unless the topics are those that the sink began with: where a store keeps the
        positions that it has, they are those of them. Raises `Transient`."""
        ids = self._topic_ids(self._names)
        if anew := [name for name in self._names if ids[name] != self._ids[name]]:
            raise AnotherLog(
                f"{', '.join(anew)}: made anew since this sink began, as after a lost disk. "
                "It ends, and reads the new log when it is started again."
            )

    async def _until_taken(self, route: Route, call: Any) -> Any:
        async def in_thread(function: Any) -> Any:
            breaker = route.breaker
            self._counters.trying(route.handler.topic, breaker.failures, down=breaker.open)
            return await asyncio.to_thread(function)

        result = await until_taken(route.breaker, call, in_thread)
        self._counters.taken(route.handler.topic)
        return result

    async def _bury(self, letter: dlq.DeadLetter) -> None:
        """Publish a dead letter and wait for the broker's word, since the offset is committed next."""
        logger.warning("refused (%s): %s", letter.code, letter.reason[:300])

        async def publish() -> None:
            producer = self._app.producer
            sent = await producer.send(
                topics.METRICS_DLQ, key=dlq.key(letter), value=dlq.encode(letter), partition=None,
                timestamp=None, headers=None,
            )  # fmt: skip
            await sent

        while True:
            try:
                async with asyncio.timeout(DEAD_LETTER_SECONDS):
                    await publish()
                return
            except (TimeoutError, ConnectionError) as error:
                logger.warning("dead letter not taken yet: %s", error)

    async def _pulse(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(1)

    async def _watch(self) -> None:
        """End where the log was made anew and nothing of it comes: a consumer may stand behind its end."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                if self._ids:
                    await asyncio.to_thread(self._check_log)
            except Transient:
                pass  # the broker is away, which others tell of
            except AnotherLog as error:
                self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        if not self._end.done():
            self._end.set_result(error)


async def _park() -> NoReturn:
    """Never return: the batch must not be acknowledged, and the process is about to end."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def _message(message: Any) -> Message:
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers or ()
    return Message(
        message.topic,
        message.partition,
        message.offset,
        round(message.timestamp * 1000),
        message.key,
        message.value,
        tuple(headers),
    )


class _App(faust.App):
    """Faust without its folder for tables, of which there are none: an image's file system is read-only."""

    def _create_directories(self) -> None:
        pass


def _app(group: str, instance: str, kafka: KafkaSettings, sign: Sign) -> faust.App:
    app = _App(
        group,
        broker=[f"kafka://{server.strip()}" for server in kafka.bootstrap.split(",")],
        broker_credentials=credentials(kafka, sign),
        autodiscover=False,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        agent_supervisor=CrashingSupervisor,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{group}-{instance}",
        consumer_max_fetch_size=FETCH_BYTES,
        # So long may a partition that a topic gets stand unread.
        consumer_metadata_max_age_ms=10_000,
        broker_commit_interval=COMMIT_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=3,
        broker_request_timeout=40,
        # A store may be down for days: the consumer waits, it is not to be thrown out of its group.
        broker_max_poll_interval=7 * 24 * 3600,
        broker_commit_livelock_soft_timeout=7 * 24 * 3600,
        stream_recovery_delay=0,
        stream_wait_empty=False,
        producer_acks=-1,
        producer_linger=0,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    return app
