"""The records of some regions, out of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from covid_api import told
from covid_api.ahead import Kept, Raw, Room
from covid_api.log_reader import LogReader
from covid_api.problems import Problem, Unavailable
from covid_core import topics
from covid_core.logged import Logged
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
    """Reads partitions of `covid.records` from their beginning."""

    def __init__(self, log: LogReader, room: Room) -> None:
        self._log = log
        self._room = room

    def end(self, region: str) -> int:
        """Where the next message of the region's partition will stand. Blocks. Raises `Unavailable`."""
        return self._log.partition_of(topics.RECORDS, region, 0).end

    def reading(self, regions: Sequence[str], moment: Moment) -> Reading:
        """Of these regions, in this order, up to the moment."""
        return Reading(self._log, self._room, regions, moment)


class Reading:
    """The records of one region after the other. While a partition is read for one of them, its messages of
    the regions to come are kept as far as there is room; for what is not kept it is read again."""

    def __init__(self, log: LogReader, room: Room, regions: Sequence[str], moment: Moment) -> None:
        self._log = log
        self._room = room
        self._coming = list(regions)
        self._moment = moment
        self._kept: dict[str, Kept] = {}

    def records(self, region: str) -> Iterator[Logged]:
        """What was merged of the region, which is one of those to come, in the log's order. Blocks. Raises
        `Unavailable`."""
        self._coming.remove(region)
        kept = self._kept.pop(region, None)
        messages: Iterable[Raw] = self._read(region) if kept is None else kept
        for message in messages:
            record = message.part.merged(message.value, message.at)
            if record is None or record.region != region:
                continue
            if self._moment.covers(record, message.at):
                yield Logged(record, message.offset)

    def _read(self, region: str) -> Iterator[Raw]:
        """The messages that may be of the region."""
        part = self._log.partition_of(topics.RECORDS, region, SEARCHED)
        if not part.complete:
            raise Unavailable("Kafka", f"more than {SEARCHED:,} messages lie before the present")
        ahead = {
            each: Kept(self._room) for each in self._coming if each not in self._kept and part.holds(each)
        }
        texts = {each: f'"{each}"'.encode() for each in (region, *ahead)}
        for message in part.read():
            value = message.value() or b""
            # What names none of them is not looked at further. JSON may write any letter as an escape, too.
            escaped = b"\\u" in value
            named = [each for each in (region, *ahead) if escaped or texts[each] in value]
            if not named:
                continue
            raw = Raw(value, told.time(message), message.offset() or 0, part)
            for each in named:
                if each == region:
                    yield raw
                else:
                    _keep(ahead, each, raw)
        self._kept |= ahead


def _keep(ahead: dict[str, Kept], region: str, message: Raw) -> None:
    """Keep a message; where there is no room, those go whose turn is the latest."""
    while region in ahead and not ahead[region].add(message):
        ahead.popitem()
