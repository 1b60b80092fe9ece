"""Injects a case's faults into one stack in turn, and verifies in between and at the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from covid_core import topics
from tests.faults.cases import LONG_OUTAGE_SECONDS, OUTAGE_SECONDS, Case, Scene
from tests.faults.load import Load
from tests.faults.rig import Rig

EVERY: Final = 5
"""Faults between two verifications."""
_PAUSE_SECONDS: Final = (0.5, 5.0)

Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What a case did and found."""

    number: int
    name: str
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


def run(rig: Rig, case: Case, files: Sequence[Path], seed: int, count: int, tell: Tell) -> Outcome:
    """Inject `count` faults of a case while the stack works; stops at the first difference."""
    outcome = Outcome(case.number, case.name, seed)
    chance = random.Random(seed)
    begun = time.monotonic()
    before = sum(rig.positions().ends(topics.RECORDS).values())
    # Of another process's poison: a stack may have served another case before.
    refused = _refused(rig)
    long = chance.randrange(count)
    load = Load(rig, files, seed)
    try:
        load.go_on()
        for number in range(count):
            time.sleep(chance.uniform(*_PAUSE_SECONDS))
            outage = LONG_OUTAGE_SECONDS if number == long and count >= EVERY else OUTAGE_SECONDS
            what = case.inject(Scene(rig, files, chance, outage))
            outcome.faults.append(what)
            tell(f"case {case.number}, fault {number + 1} of {count}: {what}")
            if (number + 1) % EVERY == 0 or number + 1 == count:
                _verify(rig, load, case, outcome, refused)
                tell(f"case {case.number}: {outcome.troubles or 'equal'}")
                if outcome.troubles:
                    break
    finally:
        load.stop()
    outcome.records = sum(rig.positions().ends(topics.RECORDS).values()) - before
    outcome.seconds = time.monotonic() - begun
    return outcome


def _refused(rig: Rig) -> int:
    code, report = rig.verify()
    assert code == 0, report
    return int(report["log_refused"])


def _verify(rig: Rig, load: Load, case: Case, outcome: Outcome, refused_before: int) -> None:
    load.pause()
    code, report = rig.verify()
    outcome.verifications += 1
    outcome.accepted = len(load.sent.accepted)
    outcome.refused = int(report["log_refused"]) - refused_before
    if code != 0:
        shown = {name: report[name] for name in ("status", "differences", "lagging") if report.get(name)}
        outcome.troubles.append(f"covid verify ended with {code}: {str(shown)[:2000]}")
    wanted = case.refused * len(outcome.faults)
    if outcome.refused != wanted:
        outcome.troubles.append(f"{outcome.refused} messages refused, {wanted} were no record")
    missing = load.missing()
    if missing:
        outcome.troubles.append(
            f"{len(missing)} writes were accepted and are not in the log: {sorted(missing)[:5]}"
        )
    outcome.troubles += load.sent.surprising
    load.go_on()
