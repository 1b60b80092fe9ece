"""What was measured, on which machine and commit, and when: `results.json`, and the table of it."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
import psutil

from bench.measure import Pairs, Spread

ROOT: Final = Path(__file__).parent.parent
FILE: Final = ROOT / "bench" / "results.json"
PAGE: Final = ROOT / "docs" / "performance.md"
SCALING: Final = ROOT / "docs" / "scaling.md"
BEGIN: Final = "<!-- results: begin -->"
END: Final = "<!-- results: end -->"


class Goal(msgspec.Struct, frozen=True):
    """What is wanted of the median: of the ratio ours / reference, or of our own figure."""

    bound: float
    at_least: bool = False
    of: Literal["ratio", "ours"] = "ratio"

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{' ×' if self.of == 'ratio' else ''}"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: two ways of doing the same work, with the figures of every round."""

    what: str
    reference: str
    unit: str
    pairs: Pairs
    goals: tuple[Goal, ...] = ()

    def met(self, goal: Goal) -> bool:
        """Whether the median is within the goal."""
        figures = self.pairs.ratios if goal.of == "ratio" else self.pairs.ours
        median = Spread.of(figures).median
        return median >= goal.bound if goal.at_least else median <= goal.bound


class Machine(msgspec.Struct, frozen=True):
    """Where it ran. `memory_gib`: of the machine."""

    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str


class Run(msgspec.Struct, frozen=True):
    """Which commit was measured, when (UTC, to the minute) and where. `+` after the commit: with changes."""

    commit: str
    date: str
    machine: Machine


class Measured(msgspec.Struct, frozen=True):
    """The lines of one row. `seconds`: how long measuring took."""

    row: int
    title: str
    run: Run
    seconds: float
    lines: tuple[Line, ...]


def this_machine() -> Machine:
    """The machine that this process runs on."""
    names = [line for line in _cpuinfo() if line.startswith("model name")]
    return Machine(
        processor=names[0].partition(":")[2].strip() if names else platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def this_run(now: dt.datetime) -> Run:
    """The commit of the working copy, at a time (aware)."""
    commit = _git("rev-parse", "--short=12", "HEAD") or "unknown"
    # What a run writes is no change of what it measures.
    written = [f":!{file.relative_to(ROOT).as_posix()}" for file in (FILE, PAGE, SCALING)]
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *written)
    stamp = now.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Run(commit + ("+" if changed else ""), stamp, this_machine())


def read(file: Path) -> list[Measured]:
    """What was measured before; nothing where there is no file."""
    return msgspec.json.decode(file.read_bytes(), type=list[Measured]) if file.exists() else []


def write(file: Path, measured: Iterable[Measured]) -> list[Measured]:
    """Put rows in the place of earlier ones of the same number; returns all, by number."""
    rows = {one.row: one for one in [*read(file), *measured]}
    found = [rows[number] for number in sorted(rows)]
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return found


def place(run: Run) -> str:
    """One line: commit, time and machine."""
    machine = run.machine
    return (
        f"commit `{run.commit}`, {run.date}; {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_gib} GiB, {machine.system}, Python {machine.python}"
    )


def table(measured: Sequence[Measured]) -> str:
    """Markdown: the runs, and a line for each measurement."""
    runs: dict[Run, list[str]] = {}
    for one in measured:
        runs.setdefault(one.run, []).append(str(one.row))
    told = [f"Rows {', '.join(rows)}: {place(run)}.\n" for run, rows in runs.items()]
    head = [
        "| row | what | reference | ours | reference's figure | ratio | goal |",
        "| --- | --- | --- | ---: | ---: | ---: | --- |",
    ]
    return "\n".join([*told, "", *head, *(_line(one.row, line) for one in measured for line in one.lines)])


def fill(page: Path, found: str) -> None:
    """Put text between the page's two marks. Raises `ValueError` where it has none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no marks {BEGIN} and {END} for the table")
    page.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8")


def _line(row: int, line: Line) -> str:
    goals = "; ".join(f"{goal} {'met' if line.met(goal) else '**missed**'}" for goal in line.goals) or "–"
    spreads = [
        f"{_spread(line.pairs.ours)} {line.unit}",
        f"{_spread(line.pairs.reference)} {line.unit}",
        _spread(line.pairs.ratios),
    ]
    return f"| {row} | {line.what} | {line.reference} | {' | '.join(spreads)} | {goals} |"


def _spread(figures: Sequence[float]) -> str:
    median, least, most = map(_short, Spread.of(figures))
    return median if len(figures) == 1 else f"{median} ({least} to {most})"


def _short(figure: float) -> str:
    """Three digits, or all before the point."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _git(*arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    return answer.stdout.strip()
