"""The readers of the log, as the pipeline's page has them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from covid_api.pipeline import Pipeline, Place
from covid_core import topics

LOG: Any = SimpleNamespace(
    ends=lambda topic: {0: 5}, since=lambda topic, moment: {0: 0}, newest=lambda topic, since, most: []
)


class Group:
    """Has committed 3 of each topic."""

    def places(self, topics: Sequence[str]) -> list[Place]:
        return [(topic, 0) for topic in topics]

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        return dict.fromkeys(places, 3)


def test_the_sinks_are_told_by_the_names_that_their_groups_have() -> None:
    wanted = topics.readers("-green")
    pipeline = Pipeline(
        LOG,
        {group: Group() for group, _ in wanted},
        cast(Any, SimpleNamespace(newest=list)),
        lambda: dt.datetime(2026, 11, 26, tzinfo=dt.UTC),
        "-green",
    )
    readers = asyncio.run(pipeline.state())["readers"]
    assert [(each["group"], each["topic"]) for each in readers] == list(wanted)
    assert {each["group"]: each["store"] for each in readers} == {
        topics.STREAM_GROUP: None,
        topics.ALERTS_GROUP: None,
        **{f"covid-sink-{name}-green": name for name in topics.SINKS},
    }
    assert {each["lag"] for each in readers} == {2}
