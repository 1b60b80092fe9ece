"""What the packed state of this format looks like: kept, as checkpoints hold it.

Where one of these fails, the packing has changed: raise `STATE_FORMAT`, and put the new bytes here. Nothing
else would notice that an older checkpoint is read wrongly: msgspec takes a longer or a shorter list for the
same thing.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from covid_core.logged import Logged
from covid_core.records import Record, Status
from covid_core.region_state import STATE_FORMAT, Head, advance
from covid_core.replay import Kept

REPORTED = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)
DAY = dt.date(2021, 2, 27)
FORMAT = 2
HEAD = bytes.fromhex(
    "934c929492ce000b4237ce000b423892ce000b4238ce000b4238c092ce000b4237ce000b423794c0c0c0c081a470686163"
    "92ce000b4236ce000b4238"
)
CHUNK = bytes.fromhex(
    "83ce000b423893929494cf0005bc6e4c88a000cd012cc04694cf0005bc6e4c88a00005a76e6f745f6475654694cf0005bc6e"
    "4c88a000c0a5656e64656446c0d380000000000000009294c0c0c0c0d38000000000000000d38000000000000000ce000b42"
    "3793929494cf0005bc6e4c88a000ccc8c047c0c094cf0005bc6e4c88a00007c047d38000000000000000929494cf0005bc6e"
    "4c88a000ccfac048c0c0c0d38000000000000000cf0005bc826a600000ce000b423693929494cf0005bc6e4c88a00064c04a"
    "c0c0c0d380000000000000009294c0c0c0c0cf0005bc6e4c88a000d38000000000000000"
)


def records() -> list[Record]:
    """A report, and one that repeats its number; a correction, withdrawn; a deletion."""
    key = {"source": "phac", "region": "CA-ON", "reported_at": REPORTED}
    first, second, third = (key | {"date": DAY - dt.timedelta(days)} for days in range(3))
    return [
        Record(
            **first, confirmed=300, deaths=5, status={"recovered": Status.ENDED, "deaths": Status.NOT_DUE}
        ),
        Record(**second, confirmed=200, tests=7),
        Record(**second, correction=True, confirmed=250),
        Record(**second | {"reported_at": REPORTED + dt.timedelta(1)}, withdrawn=True),
        Record(**third, confirmed=100),
        Record(**third, deleted=True, correction=True),
    ]


def packed() -> tuple[bytes, bytes]:
    chunks = Kept()
    head, _ = advance("CA-ON", Head(), chunks, (Logged(r, 70 + i) for i, r in enumerate(records())), 1)
    chunk = chunks.get("phac|2021-02")
    assert chunk is not None
    return msgspec.msgpack.encode(head), chunk


def test_the_state_is_packed_as_its_format_says() -> None:
    assert (STATE_FORMAT, *packed()) == (FORMAT, HEAD, CHUNK)


def test_kept_state_is_gone_on_from() -> None:
    chunks = Kept()
    chunks.put("phac|2021-02", CHUNK)
    head = msgspec.msgpack.decode(HEAD, type=Head)
    later = Record(
        source="phac", region="CA-ON", date=DAY + dt.timedelta(1), reported_at=REPORTED, confirmed=340
    )
    _, rows = advance("CA-ON", head, chunks, [Logged(later, 76)], 1)
    (row,) = (row for row in rows if row.source == "phac")
    assert (row.new_confirmed, row.revision) == (40, 77)
