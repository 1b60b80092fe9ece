"""Items of DynamoDB back to rows: null, zero and status stay different, numbers keep every digit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from covid_api import items
from covid_core.records import RecordKey
from covid_core.rows import COLUMNS, Row

DAY = dt.date(2021, 1, 2)
ITEM: dict[str, Any] = {
    "pk": {"S": "phac#CA-ON"},
    "sk": {"S": "2021-01-02"},
    "confirmed": {"N": "0"},
    "deaths": {"N": "9007199254740992"},
    "recovered_status": {"S": "suppressed"},
    "new_confirmed": {"N": "-11193"},
    "incidence": {"N": "0.1"},
    "doubling_time": {"N": "1.7976931348623157E+308"},
    "deleted": {"BOOL": False},
    "revision": {"N": "17"},
    "generation": {"N": "2"},
    "lineage": {"S": "3,16"},
    "expires_at": {"N": "1"},
}


def test_row_of_an_item() -> None:
    assert items.row_of(ITEM) == Row(
        source="phac",
        region="CA-ON",
        date=DAY,
        confirmed=0,
        deaths=9007199254740992,
        recovered=None,
        recovered_status="suppressed",
        new_confirmed=-11193,
        incidence=0.1,
        doubling_time=1.7976931348623157e308,
        revision=17,
        generation=2,
        lineage="3,16",
    )


def test_chosen_columns_in_the_order_asked() -> None:
    by_name = {column.name: column for column in COLUMNS}
    names = ["revision", "date", "recovered", "source", "confirmed", "region"]
    values = items.reader_of([by_name[name] for name in names])(ITEM)
    assert values == (17, "2021-01-02", None, "phac", 0, "CA-ON")
    assert isinstance(values[4], int)


def test_key_there_and_back() -> None:
    key = RecordKey("phac", "CA-ON", DAY)
    assert items.key_of(key) == {"pk": {"S": "phac#CA-ON"}, "sk": {"S": "2021-01-02"}}
    assert items.record_key(items.key_of(key)) == key


def test_deleted() -> None:
    assert not items.is_deleted(ITEM)
    assert not items.is_deleted({"pk": {"S": "x#CA"}})
    assert items.is_deleted({**ITEM, "deleted": {"BOOL": True}})
