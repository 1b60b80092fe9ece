"""When a new generation of rows begins."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from covid_core import control
from covid_core.control import Drained, Generation
from covid_core.rt import SerialInterval

FIRST = Generation(generation=1, definition=1, partitions=4, topic_id="a")


def test_the_first_generation_is_one() -> None:
    assert control.current(None, definition=1, partitions=4, topic_id="a") == FIRST


def test_nothing_changed_nothing_raised() -> None:
    assert control.current(FIRST, definition=1, partitions=4, topic_id="a") == FIRST


@pytest.mark.parametrize(
    "change",
    [{"definition": 2}, {"partitions": 8}, {"topic_id": "b"}, {"serial_interval": SerialInterval(3, 2)}],
)
def test_a_new_definition_serial_interval_partition_count_or_log_raises_it(change: dict[str, Any]) -> None:
    now = msgspec.structs.replace(FIRST, **change)
    raised = control.current(
        FIRST,
        definition=now.definition,
        partitions=now.partitions,
        topic_id=now.topic_id,
        serial_interval=now.serial_interval,
    )
    assert raised == msgspec.structs.replace(now, generation=2)


def test_messages_survive_the_wire() -> None:
    drained = Drained(generation=3, metrics_end={0: 12, 3: 0})
    assert control.decode_generation(control.encode(FIRST)) == FIRST
    assert control.decode_drained(control.encode(drained)) == drained
