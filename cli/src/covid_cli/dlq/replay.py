"""What was refused, as it is sent once more to where it came from."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from covid_cli.dlq.letters import Standing
from covid_core import messages as packed
from covid_core import records, topics
from covid_core.dlq import DeadLetter, FileOrigin, ItemOrigin, LogOrigin
from covid_process.sending import Outgoing
from covid_process.topic import BrokerSilent, messages

_ROW: Final = "rejected_row"
"""The code of letters that carry one row of a message, not all of it."""


class CannotReplay(Exception):
    """A letter that cannot be sent again; the text says what to do instead."""


def again(connection: Mapping[str, Any], standing: Standing) -> Outgoing:
    """What to send for a letter. Raises `CannotReplay`, `KafkaException`.

    It is the refused message itself, with its key and headers, as long as the log still has it; a row that a
    store refused goes alone. A record that does not say when it was reported gets the moment at which the log
    first received it: by that of the replay it would count for more than what has come in between.
    """
    letter = standing.letter
    if letter is None:
        raise CannotReplay("it is not a letter of this project")
    match letter.origin:
        case FileOrigin():
            raise CannotReplay("it stood in a file: publish a corrected file, then drop the letter")
        case ItemOrigin():
            raise CannotReplay("it stood in the inbox: write the item again, then drop the letter")
        case LogOrigin() as origin:
            if letter.code == _ROW and letter.complete:
                region = packed.decode(letter.raw)[0].region
                return Outgoing(topics.METRICS, region, letter.raw)
            found = _refused(connection, origin, letter)
            if found is not None:
                return found
            if letter.complete:
                # Nobody knows any more when the log received it. The letter was written at that moment or
                # later, so its time is the nearest that is known.
                return Outgoing(origin.topic, None, _as_of(origin.topic, letter.raw, standing.at))
            raise CannotReplay(
                f"the log no longer has it, and the letter only the first {len(letter.raw):,} "
                f"of {letter.length:,} bytes"
            )


def _refused(connection: Mapping[str, Any], origin: LogOrigin, letter: DeadLetter) -> Outgoing | None:
    start, end = {origin.partition: origin.offset}, {origin.partition: origin.offset + 1}
    try:
        for message in messages(connection, origin.topic, start, end):
            value = message.value() or b""
            if hashlib.sha256(value).hexdigest() == letter.sha256:
                headers: Any = message.headers() or []
                received = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
                value = _as_of(origin.topic, value, received)
                return Outgoing(origin.topic, message.key(), value, list(headers))
    except BrokerSilent:
        pass  # a log that was made anew does not reach so far
    return None


def _as_of(topic: str, value: bytes, received: dt.datetime) -> bytes:
    return records.stamped(value, received) if topic == topics.RECORDS else value
