"""Row 5: the stream against one process without Spark, and two cores against one."""

from __future__ import annotations

from contextlib import ExitStack

from bench import data, wide
from bench.measure import interleaved
from bench.results import Goal, Line
from bench.row import Scale, folder
from bench.stack import broker, cores
from bench.streaming import Load, against_plain, streaming

FEW = 14_000
MANY = 15_000
REGIONS = 3_000


def measured(scale: Scale) -> list[Line]:
    """14 regions, 3,000 regions, and what the second core gives."""
    lines = []
    with folder() as copy:
        many = wide.codes(REGIONS)
        environment = wide.core(copy, many)
        loads = (
            (Load(data.CANADA, scale.of(FEW, 14)), 0.15),
            (Load(many, scale.of(MANY, REGIONS)), 0.4),
        )
        for load, bound in loads:
            with broker(**environment) as stack:
                pairs = against_plain(stack, load, environment, scale.rounds)
            lines.append(
                Line(
                    what=f"stream, {len(load.codes):,} regions",
                    reference="one process without Spark, state in memory",
                    unit="records/s",
                    pairs=pairs,
                    goals=(Goal(bound, at_least=True),),
                )
            )
        load = loads[1][0]
        with ExitStack() as running:
            two, one = (
                running.enter_context(
                    streaming(
                        running.enter_context(broker(**environment)), load, **environment, **cores(count)
                    )
                )
                for count in (2, 1)
            )
            lines.append(
                Line(
                    what=f"stream, {len(load.codes):,} regions, 2 cores and 2 state partitions",
                    reference="1 core and 1 state partition",
                    unit="records/s",
                    pairs=interleaved(two, one, scale.rounds),
                )
            )
    return lines
