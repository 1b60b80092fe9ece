"""Injects faults into one stack in turn, and verifies in between and at the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from covid_core import topics
from tests.faults.cases.scene import LONG_OUTAGE_SECONDS, OUTAGE_SECONDS, Case, Scene
from tests.faults.load import Load
from tests.faults.rig import Rig

EVERY: Final = 5
"""Faults between two verifications."""
_PAUSE_SECONDS: Final = (0.5, 5.0)

Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What was done and found."""

    seed: int
    faults: list[str] = field(default_factory=list)
    records: int = 0
    """Messages that `covid.records` took meanwhile."""
    accepted: int = 0
    """Writes that the API answered with 2xx."""
    refused: int = 0
    """Messages that the stream refused, each of them injected."""
    verifications: int = 0
    troubles: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return not self.troubles

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def run(
    rig: Rig, cases: Sequence[Case], files: Sequence[Path], seed: int, tell: Tell, outage: float | None = None
) -> Outcome:
    """Inject one fault of each of these cases, in this order, while the stack works.

    `outage`: seconds that a fault lasts, where it lasts; else 20, and 60 once. Stops at the first difference.
    """
    outcome = Outcome(seed)
    chance = random.Random(seed)
    begun = time.monotonic()
    before = sum(rig.positions().ends(topics.RECORDS).values())
    load = Load(rig, files, seed, rest=outage or max(case.rest for case in cases))
    long = chance.randint(1, len(cases))
    try:
        load.go_on()
        for number, case in enumerate(cases, 1):
            time.sleep(chance.uniform(*_PAUSE_SECONDS))
            seconds = outage or (LONG_OUTAGE_SECONDS if number == long else OUTAGE_SECONDS)
            what = f"{case.name}: {case.inject(Scene(rig, files, chance, seconds, load))}"
            outcome.faults.append(what)
            tell(f"fault {number} of {len(cases)}: {what}")
            if number % EVERY == 0 or number == len(cases):
                load.pause()
                _verify(rig, load, outcome, sum(case.refused for case in cases[:number]))
                tell("; ".join(outcome.troubles) or "equal")
                if outcome.troubles:
                    break
                load.go_on()
    finally:
        load.stop()
    outcome.records = sum(rig.positions().ends(topics.RECORDS).values()) - before
    outcome.seconds = time.monotonic() - begun
    return outcome


def _verify(rig: Rig, load: Load, outcome: Outcome, refused: int) -> None:
    code, report = rig.verify()
    outcome.verifications += 1
    outcome.accepted = len(load.sent.accepted)
    outcome.refused = int(report["log_refused"])
    if code != 0:
        shown = {
            name: report[name] for name in ("status", "differences", "lags", "unreadable") if report.get(name)
        }
        outcome.troubles.append(f"covid verify ended with {code}: {str(shown)[:2000]}")
    if outcome.refused != refused:
        outcome.troubles.append(f"{outcome.refused} messages were refused, {refused} were no record")
    if letters := rig.dead_letters() - refused:
        outcome.troubles.append(f"{letters} dead letters more than messages that were no record")
    if missing := load.missing():
        some = ", ".join(sorted(missing)[:5])
        outcome.troubles.append(f"{len(missing)} writes were accepted and are not in the log: {some}")
    outcome.troubles += load.sent.surprising
