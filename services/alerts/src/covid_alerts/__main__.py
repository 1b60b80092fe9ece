"""`python -m covid_alerts`: reads settings and rules, builds the parts, evaluates and tells until SIGTERM."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import msgspec
from confluent_kafka import KafkaException, Message

from covid_alerts.counters import Counters
from covid_alerts.delivery import Delivery
from covid_alerts.evaluator import Evaluator
from covid_alerts.log import Log, OtherPartitions, standing
from covid_alerts.webhook import TIMEOUT, Webhook
from covid_core import hosts, topics
from covid_core.alerts import reading
from covid_core.alerts.known import Known
from covid_core.alerts.rules import Change, Correction, Rule
from covid_core.environment import SettingsError, load, variable
from covid_core.settings import AlertSettings, KafkaSettings, LogSettings
from covid_process import lag, login, logs, probes
from covid_process.signer import Signer
from covid_process.topic import BrokerSilent, messages

_log = logging.getLogger("covid_alerts")

DONE, FATAL, WRONG = 0, 1, 2

_ALIVE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 4.0

S = TypeVar("S", bound=msgspec.Struct)


def main() -> int:
    """Run until a signal; 0 after one, 2 for wrong settings or rules, 1 after any other failure."""
    try:
        logs.configure("covid-alerts", _settings(LogSettings).format)
        kafka, settings = _settings(KafkaSettings), _settings(AlertSettings)
        rules = _rules(settings.rules)
        webhook = _webhook(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return WRONG
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    connection = kafka.librdkafka(Signer())
    try:
        login.require(connection)
        _run(connection, settings, rules, webhook, stop)
    except login.LoginRefused as error:
        _log.error("%s", error)
        return FATAL
    except OtherPartitions as error:
        _log.error("%s: start it again, and it reads all of them", error)
        return FATAL
    except (KafkaException, BrokerSilent):
        _log.exception("ended by the broker; it begins again with what stands in the log")
        return FATAL
    _log.info("stopped")
    return DONE


def _run(
    connection: dict[str, Any],
    settings: AlertSettings,
    rules: Sequence[Rule],
    webhook: Webhook | None,
    stop: threading.Event,
) -> None:
    counters, beat = Counters(), _Beat()
    restated = any(isinstance(rule, Correction) and rule.of is Change.RESTATEMENT for rule in rules)
    # The reports themselves are read only where a rule asks what they said before.
    read = (topics.METRICS, topics.CONTROL, *((topics.RECORDS,) if restated else ()))
    log = Log(connection, read)

    def up_to(end: int) -> Iterator[Message]:
        return messages(connection, topics.ALERTS, {}, {0: end}, topics.ALERTS_GROUP)

    evaluators: list[Evaluator] = []
    failed = threading.Event()
    server = probes.serve(
        settings.http_host,
        settings.http_port,
        alive=lambda: beat.seconds < _ALIVE_SECONDS and not failed.is_set(),
        ready=lambda: any(each.ready for each in evaluators),
        registry=counters.registry,
    )
    _log.info("health and metrics on port %d", server.server_port)
    _log.info("%d rules; %s", len(rules), f"telling {webhook.host}" if webhook else "no webhook is told")
    if not _until_there(log, stop, beat):
        return
    thread = None
    if webhook is not None:
        delivery = Delivery(
            connection, up_to, webhook, news_days=settings.news_days, counters=counters, now=_now
        )
        delivery.begin()
        # A receiver that answers slowly must not hold up the end; what it was told then comes again.
        thread = threading.Thread(
            target=_followed, args=(delivery, stop, failed), name="delivery", daemon=True
        )
        thread.start()
    told = standing(up_to(log.end()))
    log.begin()
    evaluators.append(Evaluator(log, Known(rules), told, counters, time.monotonic))
    broker = lag.Broker(connection, topics.ALERTS_GROUP)
    lag.Lag(broker, topics.ALERTS_GROUP, [topics.METRICS], registry=counters.registry).watch()
    try:
        evaluators[0].run(lambda: stop.is_set() or failed.is_set(), beat.now)
    finally:
        stop.set()
        if thread is not None:
            delivery.stop()
            thread.join(_STOP_SECONDS)
        log.close()
    if failed.is_set():
        raise BrokerSilent("delivery has ended")


def _followed(delivery: Delivery, stop: threading.Event, failed: threading.Event) -> None:
    try:
        delivery.run()
    except Exception:
        _log.exception("delivery has ended")
    if not stop.is_set():
        failed.set()


def _until_there(log: Log, stop: threading.Event, beat: _Beat) -> bool:
    """Wait for the broker and its topics; False when told to stop."""
    said = ""
    while not stop.is_set():
        beat.now()
        try:
            missing = log.missing()
        except KafkaException as error:
            wanting = f"the broker does not answer: {error.args[0].str()}"
        else:
            if not missing:
                return True
            wanting = f"there is no topic {', '.join(missing)}: `covid init` makes it"
        if wanting != said:
            _log.warning("waiting: %s", wanting)
        said = wanting
        stop.wait(_PAUSE_SECONDS)
    return False


class _Beat:
    """When the work last went on."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def now(self) -> None:
        """It goes on."""
        self._at = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long ago."""
        return time.monotonic() - self._at


def _rules(path: str | None) -> tuple[Rule, ...]:
    name = variable(AlertSettings, "rules")
    try:
        return reading.read(reading.default() if path is None else _read_file(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error}") from error
    except reading.BadRules as error:
        raise SettingsError("\n".join(f"{name}: {path}: {one}" for one in error.problems)) from error


def _webhook(settings: AlertSettings) -> Webhook | None:
    if settings.webhook_url is None or settings.webhook_secret is None:
        return None
    # Its address was allowed; where it might lead on to was not, so no redirect is followed.
    client = httpx.Client(timeout=TIMEOUT, follow_redirects=False)
    return Webhook(settings.webhook_url, settings.webhook_secret, hosts.names(settings.webhook_hosts), client)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _settings(kind: type[S]) -> S:
    return load(kind, os.environ, _read_file)


def _read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
