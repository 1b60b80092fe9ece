"""The records of one region, out of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from covid_api import told
from covid_api.log_reader import LogReader
from covid_api.problems import Problem, Unavailable
from covid_core import records, topics
from covid_core.records import Refused
from covid_core.region_state import Logged
from covid_core.replay import Moment

SEARCHED: Final = 2_000_000
"""Most messages of a region's partition: what is read in the time that the log gives."""

MOST_REGIONS: Final = 50


def check(regions: int) -> None:
    """Raise 422 for more regions than one request may ask for."""
    if regions > MOST_REGIONS:
        detail = f"region: at most {MOST_REGIONS} at once: each is read from the log and computed anew"
        raise Problem(422, detail, code="invalid-parameter")


class RegionLog:
    """Reads the region's partition of `covid.records` from its beginning. Blocks."""

    def __init__(self, log: LogReader) -> None:
        self._log = log

    def records(self, region: str, moment: Moment) -> Iterator[Logged]:
        """What was merged of the region up to the moment, in the log's order. Raises `Unavailable`."""
        part = self._log.partition_of(topics.RECORDS, region, SEARCHED)
        if not part.complete:
            raise Unavailable("Kafka", f"more than {SEARCHED:,} messages lie before the present")
        name = region.encode()
        for message in part.read():
            value = message.value() or b""
            # Only what names the region is decoded: JSON may write any letter as an escape, too.
            if name not in value and b"\\u" not in value:
                continue
            try:
                record = records.decode(value, told.time(message))
            except Refused:
                continue
            if record.region == region and moment.covers(record, told.time(message)):
                yield Logged(record, message.offset() or 0)
