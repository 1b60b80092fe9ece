"""When the rows of the stream are none to compare, and what `covid verify` then says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from covid_cli.verify.generation import outdated
from covid_core import metrics
from covid_core.control import Generation
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

PRESENT = Generation(generation=3, definition=metrics.DEFINITION, partitions=4, topic_id="of this log")


def said(found: Generation | None) -> str | None:
    return outdated(found, partitions=4, topic_id="of this log", interval=DEFAULT_INTERVAL)


def test_rows_that_were_made_from_what_is_here_are_compared() -> None:
    assert said(PRESENT) is None


def test_before_the_first_generation_nothing_is_outdated() -> None:
    assert said(None) is None


@pytest.mark.parametrize(
    ("made_from", "words"),
    [
        ({"definition": 0}, f"definition 0, here {metrics.DEFINITION}"),
        ({"partitions": 3}, "partitions 3, here 4"),
        ({"topic_id": "of before"}, "id of covid.records of before, here of this log"),
        (
            {"serial_interval": SerialInterval(5.0, 2.0)},
            "serial interval 5.0 (sd 2.0) days, here 5.9 (sd 4.1) days",
        ),
        ({"partitions": 3, "topic_id": "x"}, "partitions 3, here 4; id of covid.records x, here of this log"),
    ],
)
def test_what_the_rows_were_made_from_is_named_where_it_is_another(
    made_from: dict[str, Any], words: str
) -> None:
    assert said(msgspec.structs.replace(PRESENT, **made_from)) == (
        f"generation 3 of the stream was made from something else ({words}): "
        "start the stream again, or give covid verify the stream's release and settings"
    )
