"""The alerts as a process on the real broker, with a receiver of its webhook that is down at first."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from covid_alerts.log import standing
from covid_core import messages, topics
from covid_core.alerts.alert import Alert, State
from covid_core.rows import Row
from covid_process.lag import Broker
from covid_process.topic import messages as read

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SECRET = "of this test"
GENERATION = 1_000_000
"""Later than whatever other tests left in covid.control."""
PATIENCE = 40


class Receiver(ThreadingHTTPServer):
    """Answers 503 until `up`, and keeps what it has taken."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.up = False
        self.refused = 0
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name, moment = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = f"{name}.{moment}.".encode() + body
        right = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
        if self.server.up:
            assert self.headers["webhook-signature"] == f"v1,{right}"
            self.server.taken.append((name, json.loads(body)))
        else:
            self.server.refused += 1
        self.send_response(204 if self.server.up else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def test_an_alert_survives_a_kill_is_delivered_once_its_receiver_is_back_and_is_told_once(
    stack: Any, receiver: Receiver, tmp_path: Path
) -> None:
    source = f"test-{uuid.uuid4().hex[:12]}"
    rules = tmp_path / "rules.toml"
    rules.write_text(
        f'[[rule]]\nname = "{source}"\nkind = "threshold"\nregions = ["CA-ON"]\nsource = "{source}"\n'
        'metric = "incidence_7d"\ncomparison = ">"\nvalue = 100\ndays = 2\n'
    )
    first = dt.date(2021, 12, 18)
    name = f"{source}:CA-ON:2021-12-20"
    connection = {"bootstrap.servers": stack.kafka_bootstrap}
    producer = Producer({**connection, "partitioner": "murmur2_random", "linger.ms": 0})

    def publish(numbers: dict[int, float], revision: int) -> None:
        rows = [
            Row(source, "CA-ON", first + dt.timedelta(day), incidence_7d=number, revision=revision,
                generation=GENERATION)
            for day, number in numbers.items()
        ]  # fmt: skip
        for value in messages.encode(rows):
            producer.produce(topics.METRICS, value, b"CA-ON")
        assert producer.flush(20) == 0

    def stands() -> Alert | None:
        broker = Broker(connection, topics.ALERTS_GROUP)
        end = broker.ends([(topics.ALERTS, 0)])[topics.ALERTS, 0]
        return standing(read(connection, topics.ALERTS, {}, {0: end})).get(name)

    environment = {
        **os.environ,
        **stack.settings,
        "COVID_ALERTS_RULES": str(rules),
        "COVID_ALERTS_WEBHOOK_URL": f"http://127.0.0.1:{receiver.server_port}/x",
        "COVID_ALERTS_WEBHOOK_SECRET": SECRET,
        "COVID_ALERTS_WEBHOOK_HOSTS": "127.0.0.1",
        "NO_PROXY": "127.0.0.1",
    }
    log = tmp_path / "log"

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "covid_alerts"], env=environment, stdout=output, stderr=output
            )

    def until(condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{what}\n{log.read_text()}"
            time.sleep(0.1)

    publish({0: 1, 1: 101, 2: 102}, revision=1)
    process = start()
    try:
        until(lambda: receiver.refused >= 1, "the receiver is not asked")
        assert stands() is not None, "it stands in the log before anybody is told"
        process.kill()
        process.wait()
        process = start()
        receiver.up = True
        until(lambda: receiver.taken, "what was not delivered does not come again")
        publish({3: 103}, revision=2)
        publish({4: 2}, revision=3)
        until(lambda: len(receiver.taken) == 2, "its end is not told")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    # Behind them stands which turn it is: where the topic has it.
    assert [(each.rpartition(":")[0], content["type"]) for each, content in receiver.taken] == [
        (f"{name}:active", "alert.raised"),
        (f"{name}:resolved", "alert.resolved"),
    ]
    found = stands()
    assert found is not None
    assert (found.state, found.until, found.peak) == (State.RESOLVED, first + dt.timedelta(4), 103)
    broker = Broker(connection, topics.WEBHOOK_GROUP)
    place = (topics.ALERTS, 0)
    assert broker.committed([place]) == broker.ends([place])
