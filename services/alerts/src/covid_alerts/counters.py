"""The figures of the alerts' process, in Prometheus's form."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from covid_core.alerts.alert import Alert, State
from covid_core.alerts.rules import Severity
from covid_core.alerts.turns import Event


class Counters:
    """Counters of one process; `registry` is what /metrics shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._events = Counter(
            "covid_alerts_events", "what has happened to alerts", ("event",), registry=self.registry
        )
        self._active = Gauge(
            "covid_alerts_active", "alerts that are active", ("severity",), registry=self.registry
        )
        self._delivered = Counter(
            "covid_alerts_webhook_messages", "messages the webhook took, or refused for good", ("outcome",),
            registry=self.registry,
        )  # fmt: skip
        self._failing = Gauge(
            "covid_alerts_webhook_failures_in_a_row", "failed tries of the message under way",
            registry=self.registry,
        )  # fmt: skip
        # A counter that appears with its first event has not increased: alerts would miss that event.
        for event in Event:
            self._events.labels(event)
        for outcome in ("delivered", "refused"):
            self._delivered.labels(outcome)

    def happened(self, events: Iterable[Event]) -> None:
        """Count what was told."""
        for event in events:
            self._events.labels(event).inc()

    def standing(self, alerts: Iterable[Alert]) -> None:
        """Show how many alerts are active."""
        active = Counted(alert.severity for alert in alerts if alert.state is State.ACTIVE)
        for severity in Severity:
            self._active.labels(severity).set(active[severity])

    def delivered(self, *, refused: bool = False) -> None:
        """A message is done."""
        self._delivered.labels("refused" if refused else "delivered").inc()
        self._failing.set(0)

    def failed(self) -> None:
        """A try has failed and will be repeated."""
        self._failing.inc()
