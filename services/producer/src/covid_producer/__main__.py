"""`python -m covid_producer`: reads settings and command line, builds the parts, publishes. See `--help`."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from covid_core.environment import SettingsError, load
from covid_core.settings import KafkaSettings, LogSettings, ProducerSettings, S3Settings
from covid_process import login, logs, probes
from covid_process.signer import Signer
from covid_producer.kafka import Log, LogUnavailable
from covid_producer.logged import LoggedReport
from covid_producer.once import DONE, FATAL, Once
from covid_producer.options import parse
from covid_producer.plan import Scope
from covid_producer.publish import Publisher, Stopped
from covid_producer.report import Report
from covid_producer.service import Service
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Unavailable
from covid_producer.sources.known import target

_log = logging.getLogger("covid_producer")


def main(arguments: Sequence[str]) -> int:
    """Publish once, or until SIGTERM or SIGINT. Returns the exit code."""
    try:
        form = load(LogSettings, os.environ, _read_file).format
        kafka = load(KafkaSettings, os.environ, _read_file)
        s3 = load(S3Settings, os.environ, _read_file)
        producer = load(ProducerSettings, os.environ, _read_file)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return FATAL
    logs.configure("covid-producer", form)
    # A pipe has no width of its own, and the default of 80 columns would fold every name.
    console = Console(width=None if sys.stdout.isatty() else 140)
    report = LoggedReport() if form == "json" else Report(console)
    end = _log.error if form == "json" else _to_people
    options = parse(arguments, watched=producer.watch, every=producer.every)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    connection = kafka.librdkafka(Signer())
    try:
        login.require(connection)
        log = Log(connection, stop.is_set)
    except (login.LoginRefused, LogUnavailable) as error:
        end(f"error: {error}")
        return FATAL
    publisher = Publisher(log, report, lambda: dt.datetime.now(dt.UTC), stop.is_set)
    scope = Scope(options.countries, options.reported_at, options.force)
    now = time.time if options.watch else None
    try:
        allowed = Allowed.of(producer, s3)
        targets = [target(word, s3, allowed, now=now) for word in options.targets]
        if options.watch:
            ready = threading.Event()
            server = probes.serve(producer.http_host, producer.http_port, ready=ready.is_set)
            report.say(f"health and metrics on port {server.server_port}")
            service = Service(targets, publisher, scope, report, log, ready, stop)
            service.run(options.every, invent=options.or_invent)
            return DONE
        log.check()
        once = Once(targets, publisher, scope, report, end)
        return once.run_or_invent(log.finished) if options.or_invent else once.run()
    except (LogUnavailable, Unavailable) as error:
        end(f"error: {error}")
        return FATAL
    except Stopped:
        end("stopped; publish again to go on: nothing is counted twice")
        return FATAL


def _to_people(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
