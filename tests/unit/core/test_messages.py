"""Metrics messages: packed by 500, read by name, refused when they are something else."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from covid_core.messages import MAX_ROWS, BadMessage, decode, encode
from covid_core.rows import NAMES, Row

ROW = Row(
    "phac", "CA-ON", dt.date(2021, 1, 2), confirmed=190962, deaths=4650, recovered=None,
    recovered_status="missing", confirmed_source="phac", deaths_source="phac", recovered_source="phac",
    new_confirmed=-5, avg7_confirmed=1 / 3, deleted=False, revision=7, generation=2, lineage="5,6",
)  # fmt: skip


def rows(count: int) -> list[Row]:
    first = dt.date(2020, 1, 22)
    return [Row("jhu", "CA", first + dt.timedelta(days=i), confirmed=i, revision=1) for i in range(count)]


def loose(columns: object, *cells: object) -> bytes:
    return json.dumps({"columns": columns, "rows": cells}, default=str).encode()


def test_rows_come_back_as_they_were() -> None:
    (message,) = encode([ROW])
    assert decode(message) == [ROW]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (MAX_ROWS, [MAX_ROWS]), (MAX_ROWS + 1, [MAX_ROWS, 1]), (1200, [500, 500, 200])],
)
def test_no_message_holds_more_than_500_rows(count: int, sizes: list[int]) -> None:
    packed = [decode(message) for message in encode(rows(count))]
    assert [len(part) for part in packed] == sizes
    assert [row for part in packed for row in part] == rows(count)


def test_a_full_message_stays_far_below_the_broker_s_megabyte() -> None:
    values = {n: getattr(ROW, n) for n in NAMES} | {n: 1234567.8901234567 for n in NAMES if "avg7" in n}
    (message,) = encode([Row(**values)] * MAX_ROWS)
    assert len(message) < 300_000


def test_columns_are_read_by_name_whatever_their_order() -> None:
    columns = list(reversed(NAMES))
    assert decode(loose(columns, [getattr(ROW, name) for name in columns])) == [ROW]


def test_a_newer_version_s_columns_are_left_out() -> None:
    columns = [*NAMES, "hospitalized"]
    assert decode(loose(columns, [*(getattr(ROW, name) for name in NAMES), 812])) == [ROW]


def test_an_older_version_s_missing_columns_take_their_defaults() -> None:
    columns = ["source", "region", "date", "confirmed", "revision", "generation"]
    assert decode(loose(columns, ["phac", "CA", "2021-01-02", 3, 9, 1])) == [
        Row("phac", "CA", dt.date(2021, 1, 2), confirmed=3, revision=9, generation=1)
    ]


GOOD = ["phac", "CA", "2021-01-02", 9, 1]
OLDEST = ["source", "region", "date", "revision", "generation"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"columns": ["source"], "rows": []',
        b'{"columns": 1, "rows": []}',
        loose(OLDEST[:-1], GOOD[:-1]),
        loose(OLDEST, GOOD[:-1]),
        loose(OLDEST, [*GOOD, 1]),
        loose(OLDEST, ["phac", "CA", "yesterday", 9, 1]),
        loose(OLDEST, ["phac", "CA", "2021-01-02", "nine", 1]),
        loose(OLDEST, "phac"),
        loose(NAMES, ["phac"]),
        *(message.replace(b'"2021-01-02"', b'"yesterday"') for message in encode([ROW])),
        *(message[:-1] for message in encode([ROW])),
    ],
)
def test_anything_else_is_a_bad_message(value: bytes | None) -> None:
    with pytest.raises(BadMessage):
        decode(value)
