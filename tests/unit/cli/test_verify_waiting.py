"""Whom `covid verify` waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from covid_cli.verify import run
from covid_cli.verify.connections import connections
from covid_cli.verify.report import Lag
from covid_core import topics
from covid_core.verified import Verdict


class Broker:
    """The stream has finished all of the log, and each sink lacks a message."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        pass

    def ends(self, topic: str) -> dict[int, int]:
        return {0: 5}

    def wait(
        self,
        groups: Sequence[str],
        topic: str,
        wanted: Mapping[int, int],
        deadline: float,
        tell: Callable[[str], None],
    ) -> list[Lag]:
        return [Lag(group, topic, 0, 4, 5) for group in groups if group != topics.STREAM_GROUP]


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Positions", Broker)
    monkeypatch.setattr(run, "readers", lambda where, stores: dict.fromkeys(stores))


@pytest.mark.parametrize("suffix", ["", "-green"])
def test_a_sink_is_waited_for_under_the_name_that_its_group_has(suffix: str) -> None:
    where = connections({"COVID_SINK_GROUP_SUFFIX": suffix}, str)
    report = run.verify(where, stores=["rds", "s3"], wait=0)
    assert report.status is Verdict.LAGGING
    assert [lag.group for lag in report.lags] == [f"covid-sink-rds{suffix}", f"covid-sink-s3{suffix}"]
