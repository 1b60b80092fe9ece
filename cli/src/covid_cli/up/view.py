"""What a person sees while the stack starts: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from covid_cli.stack.part import State
from covid_cli.stack.supervisor import Watched

_TICK = 0.25
_ROWS_EVERY = 5.0
_STYLES = {
    State.WAITING: "dim",
    State.STARTING: "yellow",
    State.HEALTHY: "green",
    State.RESTARTING: "red",
    State.FAILED: "bold red",
    State.STOPPING: "yellow",
    State.STOPPED: "dim",
}


class View:
    """Shows parts, a line on the log, and rows by store. Attributes are set by the caller at any time."""

    def __init__(self, console: Console, parts: Callable[[], list[Watched]]) -> None:
        self._console = console
        self._parts = parts
        self._shown: dict[str, tuple[State, int]] = {}
        self._rows_said = time.monotonic()
        self._said_rows: dict[str, int] = {}
        self.log_line = ""
        self.rows: dict[str, int] = {}

    def say(self, sentence: str) -> None:
        """One line that stays."""
        self._console.print(sentence, highlight=False, soft_wrap=True, markup=False)

    @contextmanager
    def download(self, size: int) -> Iterator[Callable[[int], None]]:
        """A progress bar for `size` bytes; what it yields is told the bytes that came in."""
        self.say(f"Fetching {size / 1e6:.0f} MB of jars into the cache (once).")
        columns = (
            TextColumn("jars"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            task = progress.add_task("jars", total=size)
            yield lambda received: progress.advance(task, received)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show what happens while the body runs."""
        done = threading.Event()
        if self._console.is_terminal:
            with Live(self._render(), console=self._console, refresh_per_second=8) as live:
                thread = self._ticking(done, lambda: live.update(self._render()))
                try:
                    yield
                finally:
                    done.set()
                    thread.join()
                    live.update(self._render())
        else:
            thread = self._ticking(done, self._print_changes)
            try:
                yield
            finally:
                done.set()
                thread.join()
                self._print_changes()

    @staticmethod
    def _ticking(done: threading.Event, act: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            while not done.wait(_TICK):
                act()

        thread = threading.Thread(target=run, name="view", daemon=True)
        thread.start()
        return thread

    def _render(self) -> RenderableType:
        table = Table("part", "state", "seconds", "", box=None, pad_edge=False)
        table.columns[2].justify = "right"
        for watched in self._parts():
            style = _STYLES[watched.state]
            seconds = watched.seconds
            if watched.state is State.STARTING:
                seconds = time.monotonic() - watched.since
            note = f"restarted {watched.restarts}×" if watched.restarts else ""
            shown = "" if seconds is None else f"{seconds:.1f}"
            table.add_row(watched.part.name, f"[{style}]{watched.state}[/]", shown, note)
        if self.log_line:
            table.add_row("log", "", "", self.log_line)
        if not self.rows:
            return table
        rows = Table("store", "rows", box=None, pad_edge=False)
        rows.columns[1].justify = "right"
        for name, count in self.rows.items():
            rows.add_row(name, f"{count:,}")
        return Group(table, "", rows)

    def _print_changes(self) -> None:
        for watched in self._parts():
            now = watched.state, watched.restarts
            if now == self._shown.get(watched.part.name):
                continue
            self._shown[watched.part.name] = now
            if watched.state is State.HEALTHY and watched.seconds is not None:
                self.say(f"{watched.part.name}: healthy after {watched.seconds:.1f} s")
            elif watched.state in (State.RESTARTING, State.FAILED):
                self.say(f"{watched.part.name}: {watched.state}, see {watched.log}")
        quiet = time.monotonic() - self._rows_said < _ROWS_EVERY
        if any(self.rows.values()) and self.rows != self._said_rows and not quiet:
            self._rows_said, self._said_rows = time.monotonic(), dict(self.rows)
            counts = "  ".join(f"{name} {count:,}" for name, count in self.rows.items())
            self.say(f"rows: {counts}  ({self.log_line})")
