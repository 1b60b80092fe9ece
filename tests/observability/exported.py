"""What the services really export: their own metric objects, used once, read as Prometheus reads them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from covid_alerts.counters import Counters as AlertCounters
from covid_api.telemetry import Telemetry
from covid_core import topics
from covid_core.verified import Verdict, Verified
from covid_process.lag import Lag, Place
from covid_producer import service as producer
from covid_sinks.contract import WriteReport
from covid_sinks.counters import Counters
from covid_stream import progress as stream

Names = dict[str, dict[str, set[str]]]
"""The values of each label of each sample, by the sample's name."""

TARGET: Final = {"job", "instance", "service"}
"""Labels that Prometheus gives every sample (prometheus.yml)."""
PROMETHEUS: Final[Names] = {
    "up": {},
    "ALERTS": {"alertname": set(), "alertstate": {"pending", "firing"}, "severity": set()},
}
"""Series of Prometheus itself. An empty set of values: any."""


class _Positions:
    def places(self, topics: Sequence[str]) -> list[Place]:
        return [(topic, 0) for topic in topics]

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        return dict.fromkeys(places, 1)

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        return dict.fromkeys(places, 2)


@cache
def names() -> Names:
    """Every sample of every service, and those of Prometheus itself."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for text in (_api(), _sink(), _alerts(), _stream_and_producer()):
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = found[sample.name]
                for label, value in sample.labels.items():
                    labels[label].add(value)
    return {**found, **PROMETHEUS}


def _api() -> str:
    telemetry = Telemetry()
    for method in ("GET", "POST", "DELETE"):
        telemetry.request(method, "/v1/metrics", 200, 0.1)
    telemetry.written("correction", 1)
    telemetry.confirmed(0.1)
    telemetry.streams(1)
    telemetry.streamed("rows")
    telemetry.verified(
        [
            Verified(
                store=store,
                verdict=Verdict.EQUAL,
                at=dt.datetime(2021, 1, 2, tzinfo=dt.UTC),
                records={},
                rows=1,
                differences=0,
                refused=0,
                seconds=1.0,
            )
            for store in topics.SINKS
        ]
    )
    return telemetry.exposition().decode()


def _sink() -> str:
    counters = Counters("rds")
    counters.written(WriteReport(1, 1))
    counters.refused(1)
    counters.fresh(0.1)
    for topic in (topics.METRICS, topics.CONTROL):
        counters.took(topic, 0.1)
        counters.trying(topic, 1, down=False)
    read = [topics.METRICS, topics.CONTROL]
    Lag(_Positions(), topics.sink_group("rds"), read, registry=counters.registry).measure()
    return generate_latest(counters.registry).decode()


def _alerts() -> str:
    counters = AlertCounters()
    counters.standing([])
    Lag(_Positions(), topics.ALERTS_GROUP, [topics.METRICS], registry=counters.registry).measure()
    return generate_latest(counters.registry).decode()


def _stream_and_producer() -> str:
    """Both use the registry of the process; here that is one process."""
    registry = CollectorRegistry()
    Lag(_Positions(), topics.STREAM_GROUP, [topics.RECORDS], [topics.RECORDS_DLQ], registry).measure()
    stream.show_jvm(1, registry)
    stream.POSITION.labels("0")
    producer.POLLED.set_to_current_time()
    return generate_latest(REGISTRY).decode() + generate_latest(registry).decode()
