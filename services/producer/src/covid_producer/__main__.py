"""`python -m covid_producer`: reads settings and command line, builds the parts, publishes. See `--help`."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from covid_core.settings import KafkaSettings, ProducerSettings, S3Settings, SettingsError, load
from covid_process import probes
from covid_process.signer import Signer
from covid_producer.fallback import or_invented
from covid_producer.kafka import Log, LogUnavailable
from covid_producer.options import parse
from covid_producer.plan import Scope
from covid_producer.publish import Outcome, Publisher, Stopped
from covid_producer.report import Report
from covid_producer.service import Service
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Target, Unavailable
from covid_producer.sources.known import target

DONE, FATAL, REFUSED = 0, 1, 3


def main(arguments: Sequence[str]) -> int:
    """Publish once, or until SIGTERM or SIGINT. Returns the exit code."""
    # A pipe has no width of its own, and the default of 80 columns would fold every name.
    report = Report(Console(width=None if sys.stdout.isatty() else 140))
    try:
        kafka = load(KafkaSettings, os.environ, _read_file)
        s3 = load(S3Settings, os.environ, _read_file)
        producer = load(ProducerSettings, os.environ, _read_file)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return FATAL
    options = parse(arguments, watched=producer.watch, every=producer.every)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    try:
        log = Log(kafka.librdkafka(Signer()), stop.is_set)
    except LogUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return FATAL
    publisher = Publisher(log, report, lambda: dt.datetime.now(dt.UTC), stop.is_set)
    scope = Scope(options.countries, options.reported_at, options.force)
    now = time.time if options.watch else None
    try:
        allowed = Allowed.of(producer, s3)
        targets: Sequence[Target] = [target(word, s3, allowed, now=now) for word in options.targets]
        if options.watch:
            ready = threading.Event()
            server = probes.serve(producer.http_host, producer.http_port, ready=ready.is_set)
            report.say(f"health and metrics on port {server.server_port}")
            service = Service(targets, publisher, scope, report, log, ready, stop)
            service.run(options.every, invent=options.or_invent)
            return DONE
        log.check()
        if options.or_invent:
            targets = or_invented(targets, log.finished, report.say)
        return _once(targets, publisher, scope, report) if targets else DONE
    except (LogUnavailable, Unavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return FATAL
    except Stopped:
        print("stopped; publish again to go on: nothing is counted twice", file=sys.stderr)
        return FATAL


def _once(targets: Sequence[Target], publisher: Publisher, scope: Scope, report: Report) -> int:
    candidates = [candidate for each in targets for candidate in each.poll()]
    with report.bar():
        outcome = publisher.publish(candidates, scope)
    report.summary(outcome)
    return _exit_code(outcome, targets)


def _exit_code(outcome: Outcome, targets: Sequence[Target]) -> int:
    known = [skipped for skipped in outcome.plan.skipped if skipped.is_publishers]
    if not outcome.published and not known:
        names = ", ".join(each.name for each in targets)
        print(f"error: nothing to publish in {names}: no usable file of PHAC or JHU", file=sys.stderr)
        return FATAL
    return REFUSED if outcome.failed or outcome.refused else DONE


def _read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
