"""A whole embedded stack whose parts can be killed, held down and cut off from their stores."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil

from covid_cli import settings
from covid_cli.lag import dead_letters
from covid_cli.stack.part import State
from covid_cli.stack.ports import DEFAULTS, HOST, fresh
from covid_cli.stack.process import kill_families
from covid_cli.stack.services import STREAM, services
from covid_cli.stack.stack import Stack
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.environment import variable
from covid_core.settings import DynamoSettings, IcebergSettings, RdsSettings, RedshiftSettings, S3Settings
from tests.proxies import Proxy
from tests.throttled import Throttled

HEALTHY_SECONDS: Final = 180.0
VERIFY_SECONDS: Final = 420.0
SINKS: Final = tuple(f"sink-{name}" for name in topics.SINKS)

DYNAMODB: Final = "dynamodb"
_LINKS: Final = {
    DYNAMODB: (variable(DynamoSettings, "endpoint"),),
    "s3": (variable(S3Settings, "endpoint"),),
    "catalog": (variable(IcebergSettings, "uri"),),
    "rds": (variable(RdsSettings, "url"),),
    "redshift": (variable(RedshiftSettings, "url"),),
}
"""Each store, and the settings by which the services find it."""


class NotHealthy(AssertionError):
    """A part has not come back."""


class Rig:
    """One stack. The services reach their stores through `links`; commands reach them directly."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.links: dict[str, Proxy] = {}
        self.dynamodb: Throttled | None = None
        """Behind the link of that name."""
        self._held: set[str] = set()
        self._ended = threading.Event()
        self._stack = Stack(home, settings.read(), fresh(DEFAULTS))
        self._reviver = threading.Thread(target=self._revive, name="reviver", daemon=True)

    def start(self) -> None:
        """Start everything; nothing is published."""
        stack = self._stack
        stack.prepare(lambda size: lambda received: None)
        environment = dict(stack.state.environment)
        for link, (name,) in _LINKS.items():
            there = urlsplit(environment[name])
            assert there.hostname is not None
            assert there.port is not None
            port = there.port
            if link == DYNAMODB:
                self.dynamodb = Throttled(there.hostname, port)
                port = self.dynamodb.port
            self.links[link] = Proxy(there.hostname, port)
            here = f"{HOST}:{self.links[link].port}"
            environment[name] = environment[name].replace(f"{there.hostname}:{there.port}", here)
        self.environment = environment
        stack.services = services(environment, stack.state.ports)
        stack.begin_slowest()
        stack.start_servers()
        stack.start_services()
        stack.serving()
        self._reviver.start()

    def stop(self) -> None:
        """Stop everything that was started."""
        self._ended.set()
        if self._reviver.is_alive():
            self._reviver.join()
        for link in self.links.values():
            link.heal()
        self._stack.stop()
        for link in self.links.values():
            link.close()
        if self.dynamodb is not None:
            self.dynamodb.close()

    def _revive(self) -> None:
        while not self._ended.wait(0.2):
            for name, watched in list(self._stack.supervisor.watched.items()):
                if name not in self._held:
                    watched.revive()

    @property
    def credentials(self) -> Any:
        return self._stack.state.credentials

    @property
    def ports(self) -> dict[str, int]:
        return self._stack.state.ports

    def connection(self) -> dict[str, Any]:
        """librdkafka's connection properties."""
        return {"bootstrap.servers": f"{HOST}:{self.ports['kafka']}", "log_level": 0}

    def positions(self) -> Positions:
        """How far the log reaches, and its readers are."""
        return Positions(self.connection())

    def dead_letters(self) -> int:
        """Distinct messages of `covid.records` that the stream refused, by the dead-letter topic."""
        return dead_letters(self.connection(), self.positions(), topics.RECORDS_DLQ)

    def process(self, name: str) -> psutil.Process:
        """The process of a part, once there is one. Raises `NotHealthy`."""
        watched = self._stack.supervisor.watched[name]

        def runs() -> bool:
            return watched.process is not None and watched.process.exit_code() is None

        if not waited(runs, HEALTHY_SECONDS) or watched.process is None:
            raise NotHealthy(f"{name} does not run")
        return psutil.Process(watched.process.pid)

    def log(self, name: str) -> Path:
        """What a part says."""
        return self._stack.supervisor.watched[name].log

    def kill(self, name: str) -> None:
        """kill -9 of a part with all its children; it is started again."""
        kill_families([self.process(name)], 10)

    @contextlib.contextmanager
    def down(self, name: str, how: signal.Signals = signal.SIGKILL) -> Iterator[None]:
        """A part is ended by a signal, and not started again before the block ends."""
        process = self.process(name)  # before it is held: an earlier fault may have ended it just now
        self._held.add(name)
        try:
            if how is signal.SIGKILL:
                kill_families([process], 10)
            else:
                process.send_signal(how)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.wait(30)
            yield
        finally:
            self._held.discard(name)

    def replica(self, sink: str, **more: str) -> subprocess.Popen[bytes]:
        """One process more of a sink, of the same group unless `more` of its environment says otherwise."""
        environ = {**os.environ, **self.environment, "COVID_SINK_HTTP_PORT": "0", **more}
        with (self.home / "logs" / f"sink-{sink}-replica.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "covid_sinks", sink],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def until_healthy(self, *names: str, seconds: float = HEALTHY_SECONDS) -> None:
        """Wait until these parts, or all, answer that they are ready."""
        parts = [self._stack.supervisor.watched[name] for name in names or self._stack.supervisor.watched]

        def well() -> bool:
            return all(part.state is State.HEALTHY and part.part.healthy() for part in parts)

        if not waited(well, seconds):
            ill = [
                part.part.name for part in parts if part.state is not State.HEALTHY or not part.part.healthy()
            ]
            raise NotHealthy(f"not healthy after {seconds:.0f} s: {', '.join(ill)}; see {self.home / 'logs'}")

    def covid(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a command against this stack."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COVID_") or k == "COVID_CACHE"}
        return subprocess.run(
            [sys.executable, "-m", "covid_cli", *arguments, "--home", str(self.home)],
            env=environ, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def stores(self) -> Any:
        """What an ordinary client needs to connect to each store, past the proxies."""
        return json.loads(self.covid("status", "--json").stdout)["stores"]

    def publishing(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """The producer, begun; `more` of its environment."""
        with (self.home / "logs" / "publish.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "covid_producer", "publish", *arguments],
                env={**os.environ, **self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def verify(self) -> tuple[int, dict[str, Any]]:
        """Exit code and report of `covid verify`, once every part is well."""
        self.until_healthy()
        done = self.covid("verify", "--json", "--wait", f"{VERIFY_SECONDS:.0f}", seconds=VERIFY_SECONDS + 120)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let a process that was begun beside the stack finish, or kill it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def waited(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


__all__ = ["SINKS", "STREAM", "NotHealthy", "Rig", "end", "waited"]
