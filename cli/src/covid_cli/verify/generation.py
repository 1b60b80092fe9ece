"""Whether the stream computes the rows that are expected of it, by its generation in `covid.control`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covid_cli.verify.positions import Positions
from covid_core import control, metrics, topics
from covid_core.control import Generation
from covid_core.rt import SerialInterval
from covid_process.topic import messages


def stored(connection: Mapping[str, Any], positions: Positions) -> Generation | None:
    """The generation that the stream began last, None before its first.

    `connection`: librdkafka's connection properties. Raises `KafkaException`, `BrokerSilent`.
    """
    found = None
    for message in messages(connection, topics.CONTROL, {}, positions.ends(topics.CONTROL)):
        value = message.value()
        if message.key() == control.GENERATION and value is not None:
            found = control.decode_generation(value)
    return found


def outdated(
    found: Generation | None, *, partitions: int, topic_id: str, interval: SerialInterval
) -> str | None:
    """Why the rows of a generation are none to compare: it was made from something else than what is here.

    None where they are, or there is no generation. `partitions` and `topic_id`: of `covid.records`;
    `interval`: the serial interval that is set here.
    """
    if found is None:
        return None
    wanted = control.current(
        found,
        definition=metrics.DEFINITION,
        partitions=partitions,
        topic_id=topic_id,
        serial_interval=interval,
    )
    if wanted == found:
        return None
    differ = [
        f"{said} {there}, here {here}"
        for (said, there), (_, here) in zip(_made_from(found), _made_from(wanted), strict=True)
        if there != here
    ]
    return (
        f"generation {found.generation} of the stream was made from something else ({'; '.join(differ)}): "
        "start the stream again, or give covid verify the stream's release and settings"
    )


def _made_from(generation: Generation) -> tuple[tuple[str, str], ...]:
    interval = generation.serial_interval
    return (
        ("definition", str(generation.definition)),
        ("partitions", str(generation.partitions)),
        (f"id of {topics.RECORDS}", generation.topic_id),
        ("serial interval", f"{interval.mean} (sd {interval.sd}) days"),
    )
