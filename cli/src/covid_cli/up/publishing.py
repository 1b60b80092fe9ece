"""Runs the producer as a child while the rest of the stack still starts."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack.process import Command, Process
from covid_cli.up.data import Data

_DONE, _REFUSED = 0, 3
"""Exit codes of the producer: all is published; or all but what was refused, which it names."""
_GRACE = 5.0
_TICK = 0.1


class Publishing:
    """The publication of what `Data` names."""

    def __init__(
        self,
        data: Data,
        logs: Path,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        failed: Callable[[], None],
    ) -> None:
        """Begin. From another thread `say` is told what is published, and `failed` called when it fails."""
        self._environment = environment
        self._say = say
        self._failed = failed
        self._log = logs / "publish.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._from = self._log.stat().st_size if self._log.exists() else 0
        self._stopped = threading.Event()
        self._failure: UserError | None = None
        self._thread = threading.Thread(target=self._run, args=(data,), name="publishing", daemon=True)
        self._thread.start()

    def _run(self, data: Data) -> None:
        code = self._publish(data)
        if code not in (_DONE, _REFUSED):
            reason = self.summary().strip() or f"exit code {code}"
            self._failure = UserError(f"Publishing failed: {reason}")
            self._failed()

    def _publish(self, data: Data) -> int:
        self._say(data.sentence)
        argv = (sys.executable, "-u", "-m", "covid_producer", "publish", *data.arguments)
        process = Process(Command(argv, self._environment, yields=True), self._log)
        while (code := process.exit_code()) is None:
            if self._stopped.wait(_TICK):
                process.ask_to_stop()
                process.wait(time.monotonic() + _GRACE)
        return code

    def finished(self) -> bool:
        """Whether everything is on the log. Raises `UserError` when nothing could be published."""
        if self._thread.is_alive():
            return False
        if self._failure is not None:
            raise self._failure
        return True

    def summary(self) -> str:
        """What the producer has printed."""
        with self._log.open("rb") as stream:
            stream.seek(self._from)
            return stream.read().decode(errors="replace")

    def stop(self) -> None:
        """End it where it still runs."""
        self._stopped.set()
        self._thread.join()
