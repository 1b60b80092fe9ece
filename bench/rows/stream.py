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
CORES = 2
"""And parts of the state, where regions are many. Of row 14's peers `foreachBatch` takes as many; Quix and
Faust are a process each."""


def measured(scale: Scale) -> list[Line]:
    """14 regions, 3,000 regions, and what the second core gives."""
    lines = []
    with folder() as copy:
        many = wide.codes(REGIONS)
        environment = wide.core(copy, many)
        of_few, of_many = Load(data.CANADA, scale.of(FEW, 14)), Load(many, scale.of(MANY, REGIONS))
        # The state of many regions is divided, that of a few is not, as it is by default.
        for load, divided, bound in ((of_few, {}, 0.15), (of_many, cores(CORES), 0.4)):
            with broker(**environment) as stack:
                pairs = against_plain(stack, load, environment | divided, scale.rounds)
            lines.append(
                Line(
                    what=f"stream, {len(load.codes):,} regions",
                    reference="one process without Spark, state in memory",
                    unit="records/s",
                    pairs=pairs,
                    goals=(Goal(bound, at_least=True),),
                )
            )
        with ExitStack() as running:
            two, one = (
                running.enter_context(
                    streaming(
                        running.enter_context(broker(**environment)), of_many, **environment, **cores(count)
                    )
                )
                for count in (CORES, 1)
            )
            lines.append(
                Line(
                    what=f"stream, {REGIONS:,} regions, {CORES} cores and {CORES} state partitions",
                    reference="1 core and 1 state partition",
                    unit="records/s",
                    pairs=interleaved(two, one, scale.rounds),
                )
            )
    return lines
