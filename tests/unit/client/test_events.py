"""Server-sent events out of bytes, however those are cut."""

from __future__ import annotations

import pytest

from covid_client.events import Event, events

STREAM = (
    ": covid.metrics\nid: 0:123,1:99\nretry: 2000\n\n"
    'event: rows\ndata: {"name":"a\u2028b\x85c"}\n\n'
    ": still here\n\n"
    "event: reset\r\ndata:first\r\ndata: second\r\nid: 0:124\r\n\r\n"
    "data: cut off"
).encode()
EVENTS = [
    Event("message", "", "0:123,1:99", 2000),
    # Characters that only other standards take for the end of a line.
    Event("rows", '{"name":"a\u2028b\x85c"}', None, None),
    Event("reset", "first\nsecond", "0:124", None),
]


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_events_do_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    chunks = (STREAM[start : start + size] for start in range(0, len(STREAM), size))
    assert list(events(chunks)) == EVENTS


def test_a_retry_that_is_no_number_is_passed_over() -> None:
    assert list(events([b"retry: soon\n\n"])) == [Event("message", "", None, None)]
