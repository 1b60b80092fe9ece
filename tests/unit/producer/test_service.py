"""What the producer service shows of itself."""

from __future__ import annotations

import io
import threading
from typing import Any, cast

from prometheus_client import REGISTRY
from rich.console import Console

from covid_producer.plan import Scope
from covid_producer.report import Report
from covid_producer.service import Service


def test_how_old_a_poll_may_be_is_told_with_it() -> None:
    stop = threading.Event()
    stop.set()
    unused = cast(Any, None)
    report = Report(Console(file=io.StringIO()))
    service = Service([], unused, cast(Scope, None), report, unused, threading.Event(), stop)
    service.run(3600, invent=False)
    assert REGISTRY.get_sample_value("covid_producer_poll_interval_seconds") == 3600
