"""Two kinds of numbers: what the services measure of themselves, and what they compute of an epidemic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from covid_alerts.counters import Counters as AlertCounters
from covid_api.telemetry import Telemetry
from covid_core.catalog.codes import SOURCES, STATUSES
from covid_core.catalog.entries import Named
from covid_core.catalog.measures import MEASURES
from covid_core.catalog.reproduction import RT_NOTES
from covid_process.lag import Broker, Lag
from covid_sinks.counters import Counters
from reference import markdown

OURS: Final = "covid_"


def services() -> dict[str, list[MetricWrapperBase]]:
    """The figures of each service; nothing is asked of a broker."""
    lag = CollectorRegistry()
    Lag(Broker({}, "", 0), "", (), registry=lag)
    ours = _of(REGISTRY)
    return {
        "The producer": [each for each in ours if each._name.startswith(f"{OURS}producer_")],
        "The stream": [each for each in ours if each._name.startswith(f"{OURS}stream_")],
        "The stream, each sink and the alerts: consumer lag": _of(lag),
        "A sink": _of(Counters("").registry),
        "The alerts": _of(AlertCounters().registry),
        "The API": _of(Telemetry().registry),
    }


def _of(registry: CollectorRegistry) -> list[MetricWrapperBase]:
    # Label names stand in no public attribute: what a registry shows has them only beside a value.
    return [each for each in registry._collector_to_names if isinstance(each, MetricWrapperBase)]


def name(figure: MetricWrapperBase) -> str:
    """As Prometheus shows it."""
    return str(figure._name) + ("_total" if figure._type == "counter" else "")


def page() -> str:
    """A table a service."""
    parts = [
        "Every service answers `/metrics`; what to do about a figure: [Operations](../operations.md). "
        "`process_*`, and for the stream's JVM `covid_stream_jvm_process_*`, are memory, processor, open "
        "files and start time.",
    ]
    for service, figures in services().items():
        parts += [
            f"## {service}",
            markdown.table(("figure", "kind", "labels", "meaning"), map(_row, figures)),
        ]
    return markdown.page("Figures of the services", *parts)


def _row(figure: MetricWrapperBase) -> tuple[str, str, str, str]:
    labels = ", ".join(markdown.code(label) for label in figure._labelnames)
    return markdown.code(name(figure)), str(figure._type), labels, figure._documentation


def measures() -> str:
    """The page of counts and metrics."""
    parts = [
        "C, D, R and T are the cumulative confirmed cases, deaths, recovered and tests of a region up to "
        "and including a day. A metric is null where an input of it is, and a difference or ratio never "
        "mixes sources. The arithmetic is `covid_core.metrics`, that of Rt "
        "`covid_core.reproduction`: one definition for the stream, batch jobs "
        "and backfills, compared with an independent one by `covid verify`.",
        markdown.table(
            ("column", "title", "unit", "formula", "what it is", "reference"),
            (
                (
                    markdown.code(each.column),
                    each.title.en,
                    each.unit.en,
                    each.formula,
                    each.explanation.en,
                    each.reference,
                )
                for each in MEASURES
            ),
        ),
        "## Why a count is no plain number",
        _named(STATUSES),
        "## What a note on Rt says",
        _named(RT_NOTES),
        "## Sources",
        _named(SOURCES),
        "Any other publisher reports under a slug of its own.",
    ]
    return markdown.page("Counts and metrics", *parts)


def _named(things: Iterable[Named]) -> str:
    rows = ((markdown.code(each.id), each.name.en, each.explanation.en) for each in things)
    return markdown.table(("id", "name", "meaning"), rows)
