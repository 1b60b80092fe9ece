"""The records of some regions, out of the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from covid_cli.verify.positions import Positions
from covid_core import arrivals, topics
from covid_core.logged import Logged
from covid_core.records import Refused
from covid_process.topic import messages, place

_TOLD_EVERY: Final = 20_000


def read(
    connection: Mapping[str, Any], wanted: Collection[str], tell: Callable[[str], None]
) -> dict[str, list[Logged]]:
    """What was merged of each wanted region, in the log's order; `tell` is told how far it has come.

    `connection`: librdkafka's connection properties. Raises `KafkaException`, `BrokerSilent`.
    """
    ends = Positions(connection).ends(topics.RECORDS)
    found: dict[str, list[Logged]] = {region: [] for region in wanted}
    for count, message in enumerate(messages(connection, topics.RECORDS, {}, ends), start=1):
        if count % _TOLD_EVERY == 0:
            tell(f"reading the log: {count:,} of {sum(ends.values()):,} messages")
        partition, offset = place(message)
        at = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
        try:
            record, at_home = arrivals.place(message.value(), at, partition, partitions=len(ends))
        except Refused:
            continue
        if at_home and record.region in found:
            found[record.region].append(Logged(record, offset))
    return found
