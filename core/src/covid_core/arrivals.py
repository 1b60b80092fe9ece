"""Which messages of `covid.records` are merged: the rule of the stream, and of what reads the log again."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, NamedTuple

from covid_core.partitioning import partition_of
from covid_core.records import Record, Refused, decode


class Placed(NamedTuple):
    """A valid record, and whether it stands in its region's partition. One that does not is published again
    under its region, and only that copy is merged."""

    record: Record
    at_home: bool


def place(
    value: bytes | None,
    timestamp: dt.datetime,
    partition: int,
    *,
    partitions: int,
    grouped: str | None = None,
) -> Placed:
    """Decode a message that stands in a partition of so many.

    `timestamp`: see `covid_core.records.decode`. `grouped`: the region under which the message was found,
    the first that its JSON names; None where nobody has grouped it yet. Raises `Refused`.
    """
    record = decode(value, timestamp)
    at_home = partition_of(record.region, partitions) == partition
    if at_home and record.region != (_first_region(value or b"", record) if grouped is None else grouped):
        raise Refused("bad_json", "the record names its region more than once")
    return Placed(record, at_home)


def _first_region(value: bytes, record: Record) -> str | None:
    """The region that the JSON of a record names first. Where it names one alone, nothing is read again.

    Fields that no record has may hold what Python would rather not read: numbers of five thousand digits,
    which stay text here, and a thousand brackets, which go for a record that names one region.
    """
    if value.count(b"region") == 1 and b"\\" not in value:
        return record.region
    try:
        pairs: Any = json.loads(value, object_pairs_hook=list, parse_int=str, parse_float=str)
    except RecursionError:
        return record.region
    first: str | None = next((item for name, item in pairs if name == "region" and item is not None), None)
    return first
