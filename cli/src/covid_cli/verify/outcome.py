"""Tells the log what a verification found, so that the dashboard and Prometheus can show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from covid_cli.verify.report import Report, StoreResult
from covid_core import topics, verified
from covid_core.verified import Verdict, Verified
from covid_process.sending import Outgoing, send


def outcomes(report: Report, stores: Sequence[str], at: dt.datetime) -> list[Verified]:
    """One for each store that was asked for and could be read. `at`: when the verification ended; aware."""
    lagging = report.status is Verdict.LAGGING
    nothing = StoreResult(0, 0, 0, 0.0)
    found = [(store, report.stores.get(store, nothing)) for store in stores if store not in report.unreadable]
    return [
        Verified(
            store=store,
            verdict=Verdict.LAGGING if lagging else verified.verdict(result.differences, result.refused),
            at=at,
            records=report.positions,
            rows=result.rows,
            differences=result.differences,
            refused=result.refused,
            seconds=report.seconds,
        )
        for store, result in found
    ]


def publish(connection: Mapping[str, Any], found: Iterable[Verified]) -> None:
    """Send to `covid.verified`. `connection`: librdkafka's properties. Raises `KafkaException`."""
    send(
        connection,
        (Outgoing(topics.VERIFIED, one.store.encode(), verified.encode(one)) for one in found),
    )
