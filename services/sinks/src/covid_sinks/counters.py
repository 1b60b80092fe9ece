"""The figures of one sink process, in Prometheus's form."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from covid_sinks.contract import WriteReport


class Counters:
    """Counters of one process; `registry` is what /metrics shows."""

    def __init__(self, sink: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        by_topic = ("sink", "topic")
        self._rows = Counter(
            "covid_sink_rows", "rows applied, and rows that met one as new or newer (stale)",
            ("sink", "outcome"), registry=self.registry,
        )  # fmt: skip
        self._letters = Counter(
            "covid_sink_dead_letters", "rows and messages refused, which are in covid.metrics.dlq", ("sink",),
            registry=self.registry,
        )  # fmt: skip
        self._held = Gauge(
            "covid_sink_held_by_refusals", "1 while more is refused than COVID_SINK_REFUSAL_LIMIT lets go",
            ("sink",), registry=self.registry,
        )  # fmt: skip
        self._retries = Counter(
            "covid_sink_retries", "calls of the store that were tried again", by_topic, registry=self.registry
        )
        self._failures = Gauge(
            "covid_sink_failures_in_a_row", "failed tries of the call under way", by_topic,
            registry=self.registry,
        )  # fmt: skip
        self._open = Gauge(
            "covid_sink_circuit_breaker_open", "1 while the store counts as down: tries failed in a row",
            by_topic, registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "covid_sink_write_seconds", "time until a batch was durable, retries included", by_topic,
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60), registry=self.registry,
        )  # fmt: skip
        self._freshness = Histogram(
            "covid_sink_freshness_seconds",
            "from when the log took the oldest record behind a message of rows until the store had them",
            ("sink",), buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600), registry=self.registry,
        )  # fmt: skip
        self._sink = sink
        # A counter that appears with its first event has not increased: alerts would miss that event.
        self._letters.labels(sink)
        self._held.labels(sink)
        for outcome in ("applied", "stale"):
            self._rows.labels(sink, outcome)

    def written(self, report: WriteReport) -> None:
        """Count rows."""
        self._rows.labels(self._sink, "applied").inc(report.applied)
        self._rows.labels(self._sink, "stale").inc(report.stale)

    def refused(self, letters: int) -> None:
        """Count dead letters."""
        self._letters.labels(self._sink).inc(letters)

    def held(self, held: bool) -> None:
        """Whether the sink waits since too much is refused."""
        self._held.labels(self._sink).set(held)

    def took(self, topic: str, seconds: float) -> None:
        """Note how long a batch took, with its retries."""
        self._seconds.labels(self._sink, topic).observe(seconds)

    def fresh(self, seconds: float) -> None:
        """The store has rows whose oldest record is so old in the log."""
        self._freshness.labels(self._sink).observe(max(0.0, seconds))

    def trying(self, topic: str, failures: int, *, down: bool) -> None:
        """A call is made that has failed so often in a row; `down`: so often that the breaker is open."""
        self._retries.labels(self._sink, topic).inc(1 if failures else 0)
        self._show(topic, failures, down)

    def taken(self, topic: str) -> None:
        """The store took the call."""
        self._show(topic, 0, False)

    def _show(self, topic: str, failures: int, down: bool) -> None:
        self._failures.labels(self._sink, topic).set(failures)
        self._open.labels(self._sink, topic).set(down)
