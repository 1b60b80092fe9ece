"""Starts parts, watches them, brings back those that die, and stops them in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, State
from covid_cli.stack.process import Process

_POLL = 0.1
_WATCH = 0.5
_LONGEST_PAUSE = 8.0
_STEADY = 20.0
"""A part that ran this many seconds is restarted at once; one that dies sooner waits ever longer."""
_TAIL = 400
_MOST_PARTS = 32


class Watched:
    """One part and what became of it. Fields are read by other threads, written by one."""

    def __init__(self, part: Part, log: Path, changed: Callable[[], None]) -> None:
        self.part = part
        self.log = log
        self._changed = changed
        self.state = State.WAITING
        self.since = time.monotonic()
        self.seconds: float | None = None
        """From start to healthy."""
        self.restarts = 0
        self.process: Process | None = None
        self._pause = 1.0
        self._retry_at = 0.0

    def start(self, cancelled: threading.Event) -> None:
        """Start and wait until it is healthy. Raises `UserError` when it dies, hangs or is cancelled."""
        self.state, self.since = State.STARTING, time.monotonic()
        try:
            self.part.prepare()
            self._run()
            self._wait_until_healthy(cancelled)
        except OSError as error:
            self.state = State.FAILED
            raise UserError(f"{self.part.name} could not be started: {error}.") from error
        except UserError:
            self.state = State.STOPPING if cancelled.is_set() else State.FAILED
            raise
        self.seconds = time.monotonic() - self.since
        self.state = State.HEALTHY

    def _run(self) -> None:
        self.process = Process(self.part.command, self.log)
        self._changed()  # written down at once: a supervisor that is killed now leaves nothing unknown

    def _wait_until_healthy(self, cancelled: threading.Event) -> None:
        while not self.part.healthy():
            code = self.process.exit_code() if self.process else None
            if code is not None:
                raise UserError(
                    f"{self.part.name} ended with exit code {code} while starting{self._last_words()}; "
                    f"see {self.log}."
                )
            if time.monotonic() - self.since > self.part.start_seconds:
                raise UserError(
                    f"{self.part.name} was not ready within {self.part.start_seconds:.0f} s; see {self.log}."
                )
            if cancelled.wait(_POLL):
                raise UserError(f"{self.part.name} was stopped while starting.")

    def _last_words(self) -> str:
        try:
            with self.log.open("rb") as stream:
                stream.seek(max(0, self.log.stat().st_size - 4096))
                lines = stream.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        # The log is the sentence's only source: "No space left on device" is better than "exit code 1".
        full = next((line for line in lines if "No space left on device" in line), None)
        if full:
            return f" because the disk is full ({full.strip()[:_TAIL]}): free some space and start again"
        return f" ({lines[-1].strip()[:_TAIL]})" if lines else ""

    def revive(self) -> None:
        """Start again where it died, after a pause that grows while it keeps dying."""
        process = self.process
        now = time.monotonic()
        if self.state is State.RESTARTING:
            if now >= self._retry_at:
                self._restart(now)
        elif self.state is State.STARTING and self.part.healthy():
            self.state, self.seconds = State.HEALTHY, now - self.since
        elif process is not None and process.exit_code() is not None:
            self._pause = 1.0 if now - self.since > _STEADY else min(self._pause * 2, _LONGEST_PAUSE)
            self.state, self._retry_at = State.RESTARTING, now + self._pause

    def _restart(self, now: float) -> None:
        self.restarts += 1
        try:
            self.part.prepare()
            self._run()
            self.state, self.since = State.STARTING, now
        except (OSError, UserError):
            if self.process is not None and self.process.exit_code() is None:
                # It runs, and only its id could not be written down, which the next change does.
                self.state, self.since = State.STARTING, now
            else:
                self._retry_at = now + _LONGEST_PAUSE

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.process is not None and self.process.exit_code() is None:
            self.state = State.STOPPING
            self.process.ask_to_stop()

    def end(self, deadline: float) -> None:
        """Wait for the end; kill at the deadline."""
        if self.process is not None:
            self.process.wait(deadline)
            self.part.tidy()
        self.state = State.STOPPED


class Supervisor:
    """Keeps a set of parts running. `changed` is called when a process id changes."""

    def __init__(self, logs: Path, changed: Callable[[], None] = lambda: None) -> None:
        self._logs = logs
        self._changed = changed
        self._cancelled = threading.Event()
        self._watcher: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(_MOST_PARTS, thread_name_prefix="starting")
        self._starting: dict[str, Future[None]] = {}
        self.watched: dict[str, Watched] = {}

    def add(self, parts: Iterable[Part]) -> list[Watched]:
        """Announce parts that will be started."""
        added = [Watched(part, self._logs / f"{part.name}.log", self._changed) for part in parts]
        self.watched.update({watched.part.name: watched for watched in added})
        return added

    def begin(self, names: Iterable[str]) -> None:
        """Begin to start announced parts, all at the same time; `start` waits for them."""
        for name in names:
            if name not in self._starting:
                watched = self.watched[name]
                self._starting[name] = self._pool.submit(watched.start, self._cancelled)

    def start(self, names: Iterable[str]) -> None:
        """Start announced parts at the same time and wait for all. Raises the first `UserError`."""
        chosen = list(names)
        self.begin(chosen)
        for name in chosen:
            self._starting[name].result()

    def launch(self, parts: Sequence[Part]) -> None:
        """Announce parts and start them. Raises the first `UserError`."""
        self.add(parts)
        self.start(part.name for part in parts)

    def running(self) -> dict[str, int]:
        """The process id of every part that was started and has not been stopped."""
        return {
            name: watched.process.pid
            for name, watched in self.watched.items()
            if watched.process is not None and watched.state is not State.STOPPED
        }

    def watch(self) -> None:
        """From now on bring back what dies."""
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._cancelled.wait(_WATCH):
            for watched in list(self.watched.values()):
                watched.revive()

    def cancel(self) -> None:
        """Give up starting and reviving; may be called from a signal handler."""
        self._cancelled.set()

    def stop(self, phases: Iterable[Iterable[str]]) -> None:
        """Stop part after part: every name of a phase at once, phase after phase.

        Takes at most the sum of each phase's longest `stop_seconds`.
        """
        self.cancel()
        if self._watcher is not None:
            self._watcher.join()
        self._pool.shutdown()  # whoever still starts a part gives up, so none appears after this
        for phase in phases:
            parts = [self.watched[name] for name in phase if name in self.watched]
            begun = time.monotonic()
            for watched in parts:
                watched.ask_to_stop()
            for watched in parts:
                watched.end(begun + watched.part.stop_seconds)
