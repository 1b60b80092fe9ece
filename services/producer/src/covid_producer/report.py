"""What people see: a progress bar and a summary."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from covid_core import topics
from covid_producer.plan import Batch, Plan
from covid_producer.publish import Outcome, Published

_WIDEST: Final = 60
"""Most characters of a name beside the progress bar."""

_MOST: Final = 20
"""How many refused lines or skipped files are listed before the rest is counted."""


class Report:
    """Prints to a console; the bar appears where the console is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._left = 0

    @contextmanager
    def bar(self) -> Iterator[None]:
        """Show the progress bar while the body runs."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("records"),
            TimeElapsedColumn(),
        )
        shown = self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=not shown) as progress:
            self._progress = progress
            try:
                yield
            finally:
                self._progress = self._task = None

    def planned(self, plan: Plan) -> None:
        """Note how many files are to come."""
        self._left = len(plan.batches)

    def started(self, batch: Batch, records: int) -> None:
        """Begin the bar of one batch."""
        if self._progress is None:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._left -= 1
        more = f" (+{self._left} more)" if self._left else ""
        self._task = self._progress.add_task(_short(batch.name) + more, total=records)

    def advanced(self, records: int) -> None:
        """Move the bar on."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, records)

    def summary(self, outcome: Outcome) -> None:
        """What was published, skipped, refused, with reasons."""
        if outcome.published:
            self._published(outcome.published)
        self._skipped(outcome)
        self._refused(outcome)
        for failed in outcome.failed:
            where = str(failed.error).removesuffix(f": {failed.reason}") if failed.error else ""
            where = where.removeprefix(failed.candidate.basename)
            self.say(f"refused file: {failed.candidate.name}{where}: {failed.reason}", "red")
        if not outcome.published and not outcome.failed:
            self.say("nothing new to publish")

    def say(self, sentence: str, style: str = "") -> None:
        """One line."""
        self._console.print(Text(sentence, style), soft_wrap=True)

    def _published(self, published: Sequence[Published]) -> None:
        self._console.print(_table(published))

    def now(self, sentence: str = "", style: str = "") -> None:
        """One line, or what follows it, with the time."""
        self.say(f"{dt.datetime.now(dt.UTC).isoformat(timespec='seconds')} {sentence}".rstrip(), style)

    def _skipped(self, outcome: Outcome) -> None:
        for skipped in outcome.plan.skipped[:_MOST]:
            self.say(f"skipped: {skipped.name}: {skipped.reason}", "dim")
        rest = Counter(skipped.reason for skipped in outcome.plan.skipped[_MOST:])
        for reason, count in rest.items():
            self.say(f"skipped: {count:,} more files: {reason}", "dim")

    def _refused(self, outcome: Outcome) -> None:
        for one in outcome.published:
            for refusal in one.refusals[:_MOST]:
                self.say(f"refused: {refusal}", "yellow")
            rest = Counter(refusal.code for refusal in one.refusals[_MOST:])
            if rest:
                codes = ", ".join(f"{count:,} {code}" for code, count in rest.most_common())
                self.say(f"refused: {rest.total():,} more in {one.batch.name}: {codes}", "yellow")
        if outcome.refused:
            self.say(f"what was refused is kept, with its reasons, in {topics.RECORDS_DLQ}", "yellow")


def _table(published: Sequence[Published]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("kind", no_wrap=True)
    for heading in ("records", "regions", "dates", "refused"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("reported at (UTC)", no_wrap=True)
    names = _without_common_folder([one.batch for one in published])
    for name, one in zip(names, published, strict=True):
        stamp = one.reported_at
        table.add_row(
            Text(name),
            str(one.batch.kind),
            *_counts([one]),
            f"{stamp.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if stamp else "",
        )
    if len(published) > 1:
        table.add_row("total", "", *_counts(published), "")
    return table


def _counts(published: Sequence[Published]) -> tuple[str, str, str, str]:
    """Records, their regions and dates, and what was refused."""
    return (
        f"{sum(one.records for one in published):,}",
        f"{len(frozenset().union(*(one.regions for one in published))):,}",
        f"{len(frozenset().union(*(one.dates for one in published))):,}",
        f"{sum(len(one.refusals) for one in published):,}",
    )


def _without_common_folder(batches: Sequence[Batch]) -> list[str]:
    """Names short enough for a table: without the folders that all of them share."""
    folders = [batch.files[0].candidate.folder.split("/") for batch in batches]
    shared = sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False)))
    names = []
    for batch, folder in zip(batches, folders, strict=True):
        below = "/".join([*folder[shared:], ""]) if len(folder) > shared else ""
        many = len(batch.files) > 1
        names.append(below + (f"({len(batch.files)} files)" if many else batch.files[0].candidate.basename))
    return names


def _short(name: str) -> str:
    return name if len(name) <= _WIDEST else "…" + name[1 - _WIDEST :]
