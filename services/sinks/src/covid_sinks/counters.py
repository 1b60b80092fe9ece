"""The figures of one sink process, in Prometheus's form."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from covid_sinks.contract import WriteReport


class Counters:
    """Counters of one process; `registry` is what /metrics shows."""

    def __init__(self, sink: str) -> None:
        self.registry = CollectorRegistry()
        labels = ("sink",)
        self._rows = Counter(
            "covid_sink_rows", "rows by outcome", ("sink", "outcome"), registry=self.registry
        )
        self._letters = Counter("covid_sink_dead_letters", "dead letters", labels, registry=self.registry)
        self._retries = Gauge(
            "covid_sink_failures_in_a_row",
            "failed tries of the call under way",
            ("sink", "topic"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "covid_sink_write_seconds", "time until a batch was durable", ("sink", "topic"),
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60), registry=self.registry,
        )  # fmt: skip
        self._sink = sink

    def written(self, report: WriteReport) -> None:
        """Count rows."""
        self._rows.labels(self._sink, "applied").inc(report.applied)
        self._rows.labels(self._sink, "stale").inc(report.stale)

    def refused(self, letters: int) -> None:
        """Count dead letters."""
        self._letters.labels(self._sink).inc(letters)

    def took(self, topic: str, seconds: float) -> None:
        """Note how long a batch took, with its retries."""
        self._seconds.labels(self._sink, topic).observe(seconds)

    def failures(self, topic: str, count: int) -> None:
        """Note how often the call under way has failed."""
        self._retries.labels(self._sink, topic).set(count)
