"""What the service measures of itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from covid_core.verified import Verdict, Verified

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)


class Telemetry:
    """Counters and histograms on a registry of their own, `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "covid_api_requests",
            "requests answered; status 0: the caller went away before",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "covid_api_request_seconds",
            "time to the last byte; a write waits for its row, a read may be an export of everything",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._written = Counter(
            "covid_api_records_written",
            "corrections, deletions and withdrawals that are in the log",
            ["kind"],
            registry=self.registry,
        )
        self._streams = Gauge(
            "covid_api_streams", "streams of /v1/stream that are open", registry=self.registry
        )
        self._streamed = Counter(
            "covid_api_stream_events",
            "events sent on streams: rows, reset",
            ["event"],
            registry=self.registry,
        )
        self._confirmed = Histogram(
            "covid_api_confirmation_seconds",
            "time from a write's place in the log until DynamoDB showed it",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._verdict = Gauge(
            "covid_verified_verdict",
            "1 for what the newest `covid verify` said of a store, 0 for what else it might have said; none "
            "before the first, and while the log cannot be read",
            ["store", "verdict"],
            registry=self.registry,
        )
        self._verified = Gauge(
            "covid_verified_timestamp_seconds",
            "when the newest `covid verify` of a store ended, in seconds since the epoch",
            ["store"],
            registry=self.registry,
        )
        self._differences = Gauge(
            "covid_verified_differences",
            "cells and rows of a store that differed in the newest `covid verify`, refused ones included",
            ["store"],
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """A request was answered (status 0: the caller went away before). `seconds`: None where it was to
        last as long as it could."""
        known = method if method in {"GET", "HEAD", "POST", "DELETE", "OPTIONS"} else "other"
        self._requests.labels(known, route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(known, route).observe(seconds)

    def written(self, kind: str, count: int) -> None:
        """Records are in the log. `kind`: correction, deletion or withdrawal."""
        self._written.labels(kind).inc(count)

    def confirmed(self, seconds: float) -> None:
        """DynamoDB shows a write."""
        self._confirmed.observe(seconds)

    def streams(self, count: int) -> None:
        """So many streams are open."""
        self._streams.set(count)

    def streamed(self, event: str) -> None:
        """An event was sent. `event`: rows or reset."""
        self._streamed.labels(event).inc()

    def verified(self, found: Sequence[Verified] | None) -> None:
        """What the newest verification of each store found; None: that is not known."""
        if not found:
            for gauge in (self._verdict, self._verified, self._differences):
                gauge.clear()
            return
        for one in found:
            for verdict in Verdict:
                self._verdict.labels(one.store, verdict).set(verdict is one.verdict)
            self._verified.labels(one.store).set(one.at.timestamp())
            self._differences.labels(one.store).set(one.differences)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
