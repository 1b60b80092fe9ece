"""What the stream shows of itself."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry

from covid_stream.progress import show_jvm
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
