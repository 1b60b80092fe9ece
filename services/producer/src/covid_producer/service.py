"""The producer as a service: what `--watch` runs, with probes and figures."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter, Gauge

from covid_producer.fallback import or_invented
from covid_producer.kafka import Log, LogUnavailable
from covid_producer.plan import Scope
from covid_producer.publish import Outcome, Publisher, Stopped
from covid_producer.report import Report
from covid_producer.sources.base import Target
from covid_producer.watch import DOWN_SECONDS, Watch

RECORDS: Final = Counter("covid_producer_records_total", "records published")
REFUSED: Final = Counter(
    "covid_producer_refused_total", "lines and files refused, which are in covid.records.dlq"
)
POLLED: Final = Gauge(
    "covid_producer_polled_timestamp_seconds", "when all publishers were last reached, 0 for never"
)
INTERVAL: Final = Gauge("covid_producer_poll_interval_seconds", "time between two polls that go well")


@dataclass
class Service:
    """Publishes what is new at places until told to stop; `ready` is set by the first poll that went well."""

    targets: Sequence[Target]
    publisher: Publisher
    scope: Scope
    report: Report
    log: Log
    ready: threading.Event
    stop: threading.Event

    def run(self, every: float, *, invent: bool) -> None:
        """Poll every so many seconds. With `invent` an epidemic is invented where nothing can be reached."""
        INTERVAL.set(every)
        targets = self._with_fallback() if invent else self.targets
        names = ", ".join(each.name for each in targets)
        self.report.say(f"watching {names} every {every:g} s; Ctrl-C stops it")
        watch = Watch(
            targets, self.publisher, self.scope,
            published=self._published, trouble=self._trouble, reached=self._reached,
        )  # fmt: skip
        watch.run(every, self.stop.wait)

    def _with_fallback(self) -> Sequence[Target]:
        while not self.stop.is_set():
            try:
                # What was published before does not end the watch: the places may come back.
                return or_invented(self.targets, self.log.finished, self._trouble) or self.targets
            except Stopped:
                break
            except LogUnavailable as error:
                self._trouble(f"{error}; trying again later")
                self.stop.wait(DOWN_SECONDS)
        return self.targets

    def _reached(self) -> None:
        POLLED.set_to_current_time()
        self.ready.set()

    def _trouble(self, sentence: str) -> None:
        self.report.now(sentence, "red")

    def _published(self, outcome: Outcome) -> None:
        RECORDS.inc(sum(one.records for one in outcome.published))
        REFUSED.inc(outcome.refused + len(outcome.failed))
        self.report.now()
        self.report.summary(outcome)
