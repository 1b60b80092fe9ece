"""Which messages of `covid.records` are merged: the rule of the stream, and of what reads the log again."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from covid_core.partitioning import partition_of
from covid_core.records import Record, Refused, decode


class Placed(NamedTuple):
    """A valid record, and whether it stands in its region's partition. One that does not is published again
    under its region, and only that copy is merged."""

    record: Record
    at_home: bool


def place(
    value: bytes | None, timestamp: dt.datetime, partition: int, *, grouped: str, partitions: int
) -> Placed:
    """Decode a message that stands in a partition of so many.

    `timestamp`: see `covid_core.records.decode`. `grouped`: the region under which the message was found,
    the first that its JSON names. Raises `Refused`.
    """
    record = decode(value, timestamp)
    at_home = partition_of(record.region, partitions) == partition
    if at_home and record.region != grouped:
        raise Refused("bad_json", "the record names its region more than once")
    return Placed(record, at_home)
