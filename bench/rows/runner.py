"""Row 4: what the sinks' runner costs beside the store."""

from __future__ import annotations

from bench import data
from bench.log import Log
from bench.measure import Arm, interleaved
from bench.programs import output
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, broker
from covid_core import topics

LOADS = 8
COUNT = 75_000
"""Rows of each load, three batches of the runner: so many that the wait for the last one is a trifle."""
SECONDS = 300


def measured(scale: Scale) -> list[Line]:
    """A sink that keeps nothing against a consumer that only decodes, each in a process of its own."""
    count = scale.of(COUNT, 500)
    with broker() as stack:
        log = Log(stack.kafka)
        for number in range(LOADS):
            log.publish(topics.METRICS, data.packed(data.rows(count, f"load-{number}")))
        messages = sum(log.ends(topics.METRICS).values())
        ours, bare = (
            _process(stack, f"bench.programs.{name}", LOADS * count, messages)
            for name in ("null_sink", "plain_consumer")
        )
        pairs = interleaved(ours, bare, scale.rounds)
    return [
        Line(
            what="sink runner: consume, decode, newest row of each key, commit",
            reference="confluent-kafka consume, msgspec decode, commit as often",
            unit="rows/s",
            pairs=pairs,
            goals=(Goal(0.6, at_least=True),),
        )
    ]


def _process(stack: Servers, module: str, rows: int, messages: int) -> Arm:
    """A program reads the whole topic under a new group and prints its rows a second."""

    def arm(number: int) -> float:
        answer = output(
            module,
            f"{module}-{number}",
            str(rows),
            str(messages),
            environment=stack.environment,
            seconds=SECONDS,
        )
        return float(answer)

    return arm
