"""What the stream shows of itself."""

from __future__ import annotations

import os
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry

from covid_core import topics
from covid_stream.progress import PositionReporter, show_jvm
from covid_stream.session import jvm_pid


def test_the_jvm_is_shown_beside_the_driver() -> None:
    registry = CollectorRegistry()
    show_jvm(os.getpid(), registry)
    assert (registry.get_sample_value("covid_stream_jvm_process_resident_memory_bytes") or 0) > 1e6


def test_a_jvm_that_is_gone_is_not_shown() -> None:
    registry = CollectorRegistry()
    show_jvm(2**22 + 1, registry)
    assert registry.get_sample_value("covid_stream_jvm_process_resident_memory_bytes") is None


def test_the_jvm_is_a_child_or_the_parent() -> None:
    def context(**gateway: object) -> Any:
        return cast(Any, SimpleNamespace(_gateway=SimpleNamespace(**gateway)))

    assert jvm_pid(context(proc=SimpleNamespace(pid=7))) == 7
    assert jvm_pid(context(proc=None)) == os.getppid()
    assert jvm_pid(context()) == os.getppid()


class Broker:
    """Answers when it is up, and notes what was committed to it; each client is counted."""

    def __init__(self) -> None:
        self.up = True
        self.clients = 0
        self.committed: list[dict[int, int]] = []

    def connect(self) -> Any:
        self.clients += 1
        return SimpleNamespace(alter_consumer_group_offsets=self._alter)

    def _alter(self, groups: list[Any]) -> dict[str, Future[None]]:
        answer: Future[None] = Future()
        if self.up:
            self.committed.append({place.partition: place.offset for place in groups[0].topic_partitions})
            answer.set_result(None)
        else:
            answer.set_exception(TimeoutError())
        return {topics.STREAM_GROUP: answer}


def test_a_position_that_could_not_be_committed_is_committed_though_no_batch_follows() -> None:
    broker = Broker()
    reporter = PositionReporter(broker.connect)
    reporter.report({0: 5})
    reporter.again()
    assert broker.committed == [{0: 5}]
    broker.up = False
    reporter.report({0: 6})
    reporter.again()
    assert reporter.passed({0: 6})
    broker.up = True
    reporter.again()
    reporter.again()
    assert broker.committed == [{0: 5}, {0: 6}]
    assert broker.clients == 3
