"""Publishing once, and the exit code that says how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from covid_core.ledger import Ledger
from covid_producer.fallback import found_or_invented
from covid_producer.plan import Scope
from covid_producer.publish import HoldsInvented, Outcome, Publisher
from covid_producer.report import Report
from covid_producer.sources.base import Candidate, Target

DONE, FATAL, REFUSED = 0, 1, 3


@dataclass
class Once:
    """Publishes what is at places now."""

    targets: Sequence[Target]
    publisher: Publisher
    scope: Scope
    report: Report
    end: Callable[[str], None]
    """Told why nothing could be done."""

    def run(self) -> int:
        """Publish what all places have. Returns the exit code.

        Raises `Unavailable` where a place cannot be reached, `LogUnavailable`, and `Stopped`.
        """
        outcome = self._publish([candidate for each in self.targets for candidate in each.poll()])
        return self._exit_code(outcome, dict)

    def run_or_invent(self, finished: Callable[[], Ledger]) -> int:
        """Publish what the places have that can be reached, or an invented epidemic where none can. Returns
        the exit code: whoever starts a stack this way serves what the log holds (`finished`), so that only a
        log that stays empty is a failure.

        Raises `LogUnavailable` and `Stopped`.
        """
        candidates = found_or_invented(self.targets, finished, self.report.say)
        try:
            outcome = self._publish(candidates)
        except HoldsInvented as error:
            self.report.say(str(error), "yellow")
            return DONE
        return self._exit_code(outcome, finished)

    def _publish(self, candidates: Iterable[Candidate]) -> Outcome:
        with self.report.bar():
            outcome = self.publisher.publish(candidates, self.scope)
        self.report.summary(outcome)
        return outcome

    def _exit_code(self, outcome: Outcome, kept: Callable[[], Ledger]) -> int:
        """`kept`: what was published before, as far as it makes up for nothing usable now."""
        known = [skipped for skipped in outcome.plan.skipped if skipped.is_publishers]
        if not outcome.published and not known and not kept():
            names = ", ".join(each.name for each in self.targets)
            self.end(f"error: nothing to publish in {names}: no usable file of PHAC or JHU")
            return FATAL
        return REFUSED if outcome.failed or outcome.refused else DONE
