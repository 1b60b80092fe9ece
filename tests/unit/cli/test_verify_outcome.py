"""What a report says of each store that was asked for."""

from __future__ import annotations

import datetime as dt

from covid_cli.verify.outcome import outcomes
from covid_cli.verify.report import Lag, Report, StoreResult
from covid_core.verified import Verdict

AT = dt.datetime(2026, 11, 26, 12, 30, tzinfo=dt.UTC)


def test_each_store_has_its_own_verdict() -> None:
    stores = {
        "rds": StoreResult(10, 0, 0, 0.1),
        "s3": StoreResult(9, 1, 0, 0.2),
        "redshift": StoreResult(9, 1, 1, 0.3),
    }
    report = Report(status=Verdict.DIFFERENT, positions={0: 7}, stores=stores, seconds=1.5)
    found = {one.store: one for one in outcomes(report, list(stores), AT)}
    assert {name: one.verdict for name, one in found.items()} == {
        "rds": Verdict.EQUAL,
        "s3": Verdict.DIFFERENT,
        "redshift": Verdict.REFUSED,
    }
    one = found["s3"]
    assert (one.at, one.records, one.rows, one.differences, one.refused, one.seconds) == (
        AT, {0: 7}, 9, 1, 0, 1.5,
    )  # fmt: skip


def test_where_somebody_lags_nothing_was_compared() -> None:
    """Not even a store whose own sink is not behind: it is told of, so that nobody takes it for equal."""
    lag = Lag("covid-sink-rds", "covid.metrics", 0, 1, 2)
    report = Report(status=Verdict.LAGGING, positions={0: 7}, lags=[lag], seconds=60.0)
    found = outcomes(report, ["rds", "s3"], AT)
    assert [(one.store, one.verdict, one.rows) for one in found] == [
        ("rds", Verdict.LAGGING, 0),
        ("s3", Verdict.LAGGING, 0),
    ]
