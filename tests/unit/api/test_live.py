"""The parts of the live stream that need no broker: ids, entries and the window."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from covid_api.live import positions
from covid_api.live.entries import MOST_ROWS, Entry, Part, entry
from covid_api.live.hub import Wanted
from covid_api.live.window import Window
from covid_api.query import OFFERED
from covid_core import messages
from covid_core.rows import Row

DAY = dt.date(2021, 1, 2)


def test_an_id_names_all_partitions_in_order() -> None:
    assert positions.encode({1: 99, 0: 123}) == "0:123,1:99"
    assert positions.decode("0:123,1:99") == {0: 123, 1: 99}


@pytest.mark.parametrize(
    "text", ["", "5", "0:1,", "0:-1", "0:x", "0:1;1:2", "0:1 ", "0:" + "9" * 40, ",".join(["0:1"] * 9000)]
)
def test_what_is_no_id(text: str) -> None:
    assert positions.decode(text) is None


def encoded(rows: list[Row]) -> bytes:
    (value,) = messages.encode(rows)
    return value


def test_rows_are_as_in_v1_metrics_and_deleted_ones_are_told_apart() -> None:
    rows = [
        Row("phac", "CA-ON", DAY, confirmed=0, recovered_status="missing", revision=7, lineage="6"),
        Row("phac", "CA-ON", DAY + dt.timedelta(days=1), deleted=True, revision=7, generation=2),
        Row("merged", "CA-ON", DAY, confirmed=0, revision=7),
    ]
    made = entry(2, 40, 1e9, encoded(rows))
    assert (made.partition, made.offset, made.time) == (2, 40, 1e9)
    assert [(part.region, part.source) for part in made.parts] == [("CA-ON", "phac"), ("CA-ON", "merged")]
    data = json.loads(made.parts[0].data)
    (shown,) = data["data"]
    assert list(shown) == [column.name for column in OFFERED]
    assert (shown["date"], shown["confirmed"], shown["deaths"]) == ("2021-01-02", 0, None)
    assert data["deleted"] == [
        {"source": "phac", "region": "CA-ON", "date": "2021-01-03", "revision": 7, "generation": 2}
    ]


def test_many_rows_are_several_events() -> None:
    rows = [Row("phac", "CA", DAY + dt.timedelta(days=i)) for i in range(MOST_ROWS * 2 + 1)]
    parts = entry(0, 0, 0, encoded(rows)).parts
    lengths = [len(json.loads(part.data)["data"]) for part in parts]
    assert lengths == [MOST_ROWS, MOST_ROWS, 1]
    assert max(len(part.data) for part in parts) < 64_000


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\xff"])
def test_an_unreadable_message_only_passes(value: bytes | None) -> None:
    assert entry(0, 5, 0, value) == Entry(0, 5, 0, ())


def test_what_is_wanted() -> None:
    on, qc = Part("CA-ON", "phac", "1"), Part("CA-QC", "merged", "2")
    both = Entry(0, 0, 0, (on, qc))
    assert Wanted(frozenset(), frozenset()).of(both) == [on, qc]
    assert Wanted(frozenset({"CA-ON", "FR"}), frozenset()).of(both) == [on]
    assert Wanted(frozenset(), frozenset({"merged"})).of(both) == [qc]
    assert Wanted(frozenset({"CA-ON"}), frozenset({"merged"})).of(both) == []


def at(partition: int, offset: int, **cells: Any) -> Entry:
    return Entry(partition, offset, cells.get("time", 0), (Part("CA", "phac", "x" * 500),))


def test_the_oldest_make_room_and_it_is_known_what_is_missing() -> None:
    window = Window({0: 10, 1: 20}, limit=3000)  # three entries of 1,000 bytes
    for one in (at(0, 10), at(1, 20), at(0, 11)):
        window.append(one)
    assert (window.first, window.following, window.ends) == (0, 3, {0: 12, 1: 21})
    assert window.covers({0: 10, 1: 20})
    window.append(at(0, 12))
    assert window.first == 1
    assert window.get(0) is None
    assert window.get(1) == at(1, 20)
    assert window.get(4) is None
    assert window.floors == {0: 11, 1: 20}
    assert not window.covers({0: 10, 1: 21})
    assert window.covers({0: 11, 1: 20})
    assert window.covers({0: 13, 1: 21})


def test_positions_of_another_log_are_not_covered() -> None:
    window = Window({0: 10, 1: 20}, limit=3000)
    assert window.covers({0: 10, 1: 20})
    for other in ({0: 11, 1: 20}, {0: 10}, {0: 10, 1: 20, 2: 0}, {}):
        assert not window.covers(other)
    assert window.reached({0: 10})
    assert not window.reached({0: 11, 1: 20})


def test_an_entry_larger_than_the_limit_is_kept_alone() -> None:
    window = Window({0: 0}, limit=10)
    window.append(at(0, 0))
    window.append(at(0, 1))
    assert (window.first, window.get(1)) == (1, at(0, 1))


def test_positions_by_time() -> None:
    window = Window({0: 0, 1: 0, 2: 5}, limit=10_000)
    for one in (at(0, 0, time=1), at(1, 0, time=2), at(0, 1, time=3), at(0, 2, time=4)):
        window.append(one)
    assert window.since(2) == {0: 1, 1: 0, 2: 5}
    assert window.since(9) == {0: 3, 1: 1, 2: 5}
