"""How far behind each reader is, whatever the sinks' groups are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from covid_cli import lag, settings
from covid_core import topics


class Broker:
    """Every topic ends at 5; the groups with the suffix are at 3, and no other has committed anything."""

    def ends(self, topic: str) -> dict[int, int]:
        return {0: 5}

    def committed(self, group: str, topic: str, partitions: Sequence[int]) -> dict[int, int]:
        return {0: 3 if group.endswith("-green") else 0}


def test_each_sink_is_asked_for_under_the_name_that_it_has() -> None:
    behind = lag.behind(cast(Any, Broker()), "-green")
    assert behind == {
        (topics.STREAM_GROUP, topics.RECORDS): 5,
        **{(f"covid-sink-{name}-green", topics.METRICS): 2 for name in topics.SINKS},
        ("covid-sink-s3-green", topics.RECORDS): 2,
        (topics.ALERTS_GROUP, topics.METRICS): 5,
    }


def test_the_suffix_is_that_of_this_process_or_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVID_SINK_GROUP_SUFFIX", raising=False)
    assert settings.group_suffix({}) == ""
    monkeypatch.setenv("COVID_SINK_GROUP_SUFFIX", "-green")
    assert settings.group_suffix({}) == "-green"
    assert settings.group_suffix({"COVID_SINK_GROUP_SUFFIX": "-blue"}) == "-blue"
