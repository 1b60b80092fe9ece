"""A sink that would refuse too much is held, and nothing of the batch is let go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from covid_core import dlq, messages, topics
from covid_core.lake import Positions
from covid_core.rows import Row
from covid_sinks.contract import Message, Rejected, Transient, WriteReport
from covid_sinks.counters import Counters
from covid_sinks.handlers import MetricsHandler
from covid_sinks.refusals import LATELY, LEAST, Refusals
from tests.contract.test_memory import MemorySink


def refusals(limit: float = 0.5) -> tuple[Refusals, list[bool]]:
    held: list[bool] = []
    return Refusals(limit, held.append), held


def test_few_refusals_are_let_go_whatever_their_share() -> None:
    gate, held = refusals()
    for _ in range(LEAST - 1):
        gate.check(1, 1)
        gate.note(1, 1)
    with pytest.raises(Transient, match="100 of the last 100 rows are refused"):
        gate.check(1, 1)
    assert held[-2:] == [False, True]


def test_a_batch_without_refusals_is_never_held() -> None:
    gate, held = refusals()
    gate.note(0, 2 * LATELY)
    gate.check(LATELY, LATELY)  # a third of all that counts
    gate.note(LATELY, LATELY)  # which is all that counts from now on
    gate.check(0, 1)
    assert held == [False, False]


def test_many_refusals_are_let_go_among_more_rows() -> None:
    gate, _ = refusals()
    gate.check(LEAST, 2 * LEAST)
    with pytest.raises(Transient, match=r"COVID_SINK_REFUSAL_LIMIT=0\.5"):
        gate.check(LEAST + 1, 2 * LEAST)
    anyway, _ = refusals(limit=1)
    anyway.check(LEAST, LEAST)


def test_only_the_newest_rows_count() -> None:
    gate, _ = refusals()
    gate.note(LATELY, LATELY)
    with pytest.raises(Transient):
        gate.check(1, 1)
    for _ in range(10):
        gate.note(0, LATELY // 10)
    gate.check(LEAST, LEAST)


class Narrow(MemorySink):
    """A store that takes no negative counts, and remembers which positions it was given."""

    def __init__(self) -> None:
        super().__init__({})
        self.given: list[Positions | None] = []

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        bad = [row for row in rows if (row.confirmed or 0) < 0]
        if bad:
            raise Rejected({f"{row.confirmed} is negative": [row] for row in bad})
        self.given.append(positions)
        return super().write(rows, repair=repair, positions=positions)


def batch(good: int, bad: int, unreadable: int = 0) -> list[Message]:
    first = dt.date(2021, 1, 1)
    counts = [1] * good + [-1 - number for number in range(bad)]
    rows = [
        Row(source="phac", region="CA", date=first + dt.timedelta(n), confirmed=count, revision=1)
        for n, count in enumerate(counts)
    ]
    values = [*messages.encode(rows), *[b"?"] * unreadable]
    return [Message(topics.METRICS, 0, n, 0, b"CA", value, ()) for n, value in enumerate(values)]


def handler(sink: Narrow, gate: Refusals) -> MetricsHandler:
    made = MetricsHandler(sink, Counters("memory"), gate, lambda topic: "id")
    made.open()
    return made


def test_every_refused_row_of_a_message_is_a_letter_of_its_own() -> None:
    letters = handler(Narrow(), refusals()[0]).handle(batch(3, 2))
    assert [dlq.key(letter) for letter in letters] == [b"covid.metrics:0:0:3", b"covid.metrics:0:0:4"]
    assert [letter.reason.rpartition(": ")[2] for letter in letters] == ["-1 is negative", "-2 is negative"]
    assert [messages.decode(letter.raw)[0].date.day for letter in letters] == [4, 5]


def test_positions_wait_for_dead_letters_that_a_crash_could_lose() -> None:
    sink = Narrow()
    handle = handler(sink, refusals()[0]).handle
    assert len(handle(batch(3, 2))) == 2
    assert len(handle(batch(3, 0, unreadable=1))) == 1
    assert handle(batch(3, 0)) == []
    assert sink.given == [None, None, Positions("id", {0: 1})]


@pytest.mark.parametrize("spoilt", [{"bad": LEAST}, {"bad": 0, "unreadable": LEAST}])
def test_of_a_batch_that_is_held_no_letter_goes_and_the_good_rows_wait(spoilt: dict[str, int]) -> None:
    gate, held = refusals()
    sink = Narrow()
    made = handler(sink, gate)
    with pytest.raises(Transient, match="more than COVID_SINK_REFUSAL_LIMIT"):
        made.handle(batch(20, **spoilt))
    assert sink.given == []
    assert held[-1]
    assert made.handle(batch(20, 0)) == []
    assert not held[-1]
