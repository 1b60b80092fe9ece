"""Who made less than all of the rows is not measured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bench import produced
from covid_core import messages, topics
from covid_core.rows import Row

ROWS = [Row("phac", "CA-ON", dt.date(2021, 1, day), confirmed=day, revision=1) for day in (1, 2)]
RECORDS = [msgspec.json.encode({"source": "phac", "region": "CA-ON", "date": row.date}) for row in ROWS]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Topics by name, and what is in them."""
    topic_values: dict[str, list[bytes]] = {topics.RECORDS: RECORDS}

    def read(connection: object, topic: str, *_: object) -> Iterator[Any]:
        return (SimpleNamespace(value=lambda value=value: value) for value in topic_values[topic])

    monkeypatch.setattr(produced, "read", read)
    return SimpleNamespace(connection={}, ends=lambda topic: {}, values=topic_values)


def test_all_of_them(log: Any) -> None:
    log.values["output"] = list(messages.encode(ROWS))
    produced.require(log, "output")


def test_one_too_few(log: Any) -> None:
    log.values["output"] = list(messages.encode(ROWS[:1]))
    with pytest.raises(ValueError, match=r"output lacks 1 of 2 rows, .*2021, 1, 2.* less work was done"):
        produced.require(log, "output")
