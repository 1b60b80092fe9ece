"""What a stack has to do meanwhile: files published again and again, and people at work through the API."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import ssl
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from confluent_kafka import Message

from covid_core import topics
from covid_core.regions import PROVINCES
from covid_core.topics import Header
from covid_process.topic import messages
from tests.faults.rig import Rig

_FIRST: Final = dt.date(2021, 1, 1)
_DAYS: Final = 60
_PAUSE_SECONDS: Final = 0.25
_TLS: Final = ssl.create_default_context()
"""Nothing is asked by TLS, but each client would make its own, which takes longer than the request."""


@dataclass
class Sent:
    """What was sent. `accepted`: request ids that were answered with 2xx."""

    accepted: set[str] = field(default_factory=set)
    unanswered: int = 0
    """Requests that were cut off, or answered with 5xx."""
    surprising: list[str] = field(default_factory=list)
    files: int = 0
    """Times that the producer was started."""


class Load:
    """Two threads that work until `pause` or `stop`.

    `rest`: seconds at least, and twice as many at most, between two files. Without it the log would grow by
    thousands of records a second, and whatever reads it from its start would take minutes at the twentieth
    fault.
    """

    def __init__(self, rig: Rig, files: Sequence[Path], seed: int, rest: float) -> None:
        self.sent = Sent()
        self._rest = rest
        self._rig = rig
        self._files = files
        # One for each thread, so that what either does is decided by the seed alone.
        self._chance, self._file_chance = random.Random(seed), random.Random(seed + 1)
        self._running = threading.Event()
        self._ended = threading.Event()
        self._idle = [threading.Event(), threading.Event()]
        works = (self._write, self._publish)
        self._threads = [
            threading.Thread(target=self._loop, args=(work, idle), daemon=True)
            for work, idle in zip(works, self._idle, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def go_on(self) -> None:
        """Work."""
        for idle in self._idle:
            idle.clear()
        self._running.set()

    def pause(self) -> None:
        """Stop working, and wait until what was begun has ended."""
        self._running.clear()
        for idle in self._idle:
            idle.wait()

    def stop(self) -> None:
        """The end."""
        self._ended.set()
        self._running.set()
        for thread in self._threads:
            thread.join()

    def missing(self) -> set[str]:
        """Requests that were accepted and are not in the log."""
        positions, connection = self._rig.positions(), self._rig.connection()
        ends = positions.ends(topics.RECORDS)
        found = {_request_id(message) for message in messages(connection, topics.RECORDS, {}, ends)}
        return self.sent.accepted - found

    def _loop(self, work: Any, idle: threading.Event) -> None:
        while not self._ended.is_set():
            if self._running.wait(0.5) and not self._ended.is_set():
                idle.clear()
                work()
                if self._running.is_set():
                    continue
            idle.set()

    def _publish(self) -> None:
        """One file, whether it was published before or not."""
        self.sent.files += 1
        process = self._rig.publishing("--force", str(self._file_chance.choice(self._files)))
        # Where the broker does not answer it says so and ends; then the next one tries.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        if process.poll() is None:
            process.kill()
            process.wait()
        rested = time.monotonic() + self._rest * self._file_chance.uniform(1, 2)
        while self._running.is_set() and not self._ended.is_set() and time.monotonic() < rested:
            time.sleep(0.1)

    def _write(self) -> None:
        """One correction, deletion or withdrawal."""
        chance = self._chance
        day = _FIRST + dt.timedelta(days=chance.randrange(_DAYS))
        region = chance.choice(PROVINCES)
        source = chance.choice(("phac", "clinic"))
        record_id = f"{source}:{region}:{day}"
        request_id = f"fault-{chance.getrandbits(64):016x}"
        address = f"http://127.0.0.1:{self._rig.ports['api']}/v1/records"
        headers = {
            "Authorization": f"Bearer {self._rig.credentials.write_key}",
            "X-Request-ID": request_id,
        }
        kind = chance.choices(("correct", "delete", "withdraw"), (6, 2, 2))[0]
        try:
            with httpx.Client(headers=headers, timeout=30, trust_env=False, verify=_TLS) as client:
                if kind == "correct":
                    counts = {"confirmed": chance.randrange(1_000_000), "deaths": chance.randrange(10_000)}
                    record = {"source": source, "region": region, "date": str(day), **counts}
                    answer = client.post(address, json=record)
                elif kind == "delete":
                    answer = client.delete(address, params={"id": record_id, "wait": 0})
                else:
                    answer = client.post(f"{address}/withdraw", params={"id": record_id, "wait": 0})
        except httpx.TransportError:
            self.sent.unanswered += 1
            time.sleep(1)
            return
        if answer.is_success:
            self.sent.accepted.add(request_id)
        elif answer.is_server_error:
            self.sent.unanswered += 1
        elif answer.status_code not in (404, 409):  # nothing to delete; something newer stands
            self.sent.surprising.append(f"{kind} {record_id}: {answer.status_code} {answer.text}")
        time.sleep(_PAUSE_SECONDS * 2 * chance.random())


def _request_id(message: Message) -> str:
    headers: Any = message.headers() or []
    return str(dict(headers).get(Header.REQUEST_ID, b""), "utf-8").rpartition(":")[0]
