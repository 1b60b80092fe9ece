"""The course of `covid up`, from the first server to the last signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.signals import ending
from covid_cli.stack.stack import Stack
from covid_cli.up import farewell
from covid_cli.up.arrivals import Arrivals
from covid_cli.up.data import Data
from covid_cli.up.follow import Follower
from covid_cli.up.publishing import Publishing
from covid_cli.up.view import View
from covid_core import topics

_INTERRUPTED = 130
_GRACE = 3.0


@dataclass(frozen=True)
class Options:
    """What was asked for. `data` is None for nothing to publish, `port` None for the last one or 8000."""

    home: Path
    port: int | None
    data: Data | None


class Stopped(BaseException):
    """A signal asked to stop. Not an `Exception`: nothing on the way may take it for a failure."""


def up(options: Options, settings: CliSettings, console: Console) -> int:
    """Run until a signal. Returns the exit code: that of `covid verify`, or 130 when stopped before serving.

    Raises `UserError`; everything that was started is stopped by then.
    """
    begun = time.monotonic()
    code = _INTERRUPTED
    with ExitStack() as cleanup:
        view = View(console, lambda: list(stack.supervisor.watched.values()))
        ports = {} if options.port is None else {"api": options.port}
        stack = Stack(options.home, settings, ports, view.say)
        cleanup.callback(_stop, stack, view)
        try:
            with _signals(stack):
                code = _start(stack, options, view, console, begun)
                stack.serving()
                view.say("Serving until Ctrl-C.")
                while True:
                    signal.pause()
        except Stopped:
            return code
    return code


@contextmanager
def _signals(stack: Stack) -> Iterator[None]:
    """Raise `Stopped` at the first signal to end; while everything is stopped, ignore further ones."""
    asked = ending()

    def stop(number: int, frame: FrameType | None) -> None:
        for each in asked:
            signal.signal(each, signal.SIG_IGN)
        stack.supervisor.cancel()
        raise Stopped

    for each in asked:
        signal.signal(each, stop)
    yield


def _stop(stack: Stack, view: View) -> None:
    for each in ending():
        signal.signal(each, signal.SIG_IGN)
    begun = time.monotonic()
    try:
        _last_words(view, "Stopping…")
    finally:
        stack.stop()
    _last_words(view, f"Stopped after {time.monotonic() - begun:.1f} s. The data is kept in {stack.home}.")


def _last_words(view: View, sentence: str) -> None:
    """Say it, where anybody still listens."""
    # A closed terminal is an OSError; a pipe that nobody reads, as that of `| tee` after Ctrl-C, is an exit
    # to rich.
    with suppress(OSError, SystemExit):
        view.say(sentence)


def _start(stack: Stack, options: Options, view: View, console: Console, begun: float) -> int:
    with ExitStack() as downloading:
        stack.prepare(lambda size: downloading.enter_context(view.download(size)))
    with ExitStack() as running:
        arrivals = Arrivals(stack.state.environment)
        with view.shown():
            stack.begin_slowest()
            stack.start_servers()
            publishing = None
            if options.data is not None:
                # At once: the broker takes the records while Spark, the slowest part, still starts.
                environment, give_up = stack.state.environment, stack.supervisor.cancel
                publishing = Publishing(options.data, stack.home / "logs", environment, view.say, give_up)
                running.callback(publishing.stop)
            try:
                stack.start_services()
            except UserError:
                if publishing is not None:
                    publishing.finished()  # where that failed, it is the reason
                raise
            stack.supervisor.watch()
            if publishing is not None:
                arrivals.start()
                running.callback(arrivals.stop)
                follower = Follower(stack.state.environment, view, arrivals)
                follower.until_published(publishing)
                follower.until_arrived()
        state = "All parts healthy" + (" and all rows there" if publishing else "")
        view.say(f"{state} {time.monotonic() - begun:.1f} s after the start.")
        code = 0
        if publishing is not None:
            running.close()
            print(publishing.summary(), end="", flush=True)
            _say_times(view, arrivals, follower, begun)
            code = _verify(stack, view)
    secret = stack.state.credentials.write_key
    farewell.show(console, f"http://127.0.0.1:{stack.state.ports['api']}", secret, str(stack.home))
    return code


def _say_times(view: View, arrivals: Arrivals, follower: Follower, begun: float) -> None:
    for name, rows in arrivals.rows.items():
        group = topics.sink_group(name, follower.suffix)
        first, last = arrivals.first.get(name), follower.complete.get(group)
        when = "" if first is None else f", the first after {first - begun:.0f} s"
        when += "" if last is None else f", all after {last - begun:.0f} s"
        view.say(f"{name}: {rows:,} rows{when}")


def _verify(stack: Stack, view: View) -> int:
    """Run `covid verify` as a child: what it needs in memory goes with it."""
    view.say("Verifying: every row again from the log, by SQL, compared with every store.")
    argv = (sys.executable, "-m", "covid_cli", "verify", "--home", str(stack.home))
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ))
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
