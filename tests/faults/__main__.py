"""`make faults [CASE=n]`: every case on a stack of its own, and a table of what came of it.

Goes on where it was stopped: cases that are in the results already, of the same commit, are not run again.
With --write the table goes into docs/reliability.md. Exits 1 when a case found a difference.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from bench import results
from covid_producer import generator
from tests.faults.cases import CASES
from tests.faults.cases.scene import Case
from tests.faults.rig import Rig
from tests.faults.run import Outcome, run

_PAGE: Final = results.ROOT / "docs" / "reliability.md"
_FAULTS: Final = 20
_JOBS: Final = 3
"""Half of the cases wait most of the time, for the end of an outage or of a session."""


def files(folder: Path, vintages: Sequence[str]) -> list[Path]:
    """What is published meanwhile: vintages of the daily file, or a generated one."""
    given = os.environ.get("COVID_DATA_DIR")
    if given is None:
        generator.write(folder)
        return sorted(folder.glob("covid19-download_*.csv"))
    return [Path(given).absolute() / "phi" / f"covid19-download_{vintage}.csv" for vintage in vintages]


def one(case: Case, seed: int, count: int) -> Outcome:
    """One case on a stack of its own. Its seconds are those of the stack's start and end, too."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="covid-faults-", ignore_cleanup_errors=True) as home:
        place = Path(home)
        rig = Rig(place / "stack")
        passed = False
        try:
            rig.start()
            (place / "data").mkdir()
            outcome = run(rig, [case] * count, files(place / "data", case.vintages), seed, _tell)
            passed = outcome.passed
        finally:
            rig.stop()
            if not passed:
                kept = Path(tempfile.mkdtemp(prefix=f"covid-fault-{case.number}-"))
                shutil.copytree(rig.home / "logs", kept, dirs_exist_ok=True)
                _tell(f"case {case.number}: logs are kept in {kept}")
    outcome.seconds = time.monotonic() - begun
    return outcome


def table(outcomes: Sequence[dict[str, Any]], seconds: float) -> str:
    """The results as Markdown. `seconds`: what all of it took, some cases at a time."""
    heads = ["case", "what", "faults", "records", "accepted", "refused", "verified", "differences", "minutes"]
    lines = ["| " + " | ".join(heads) + " |", "| ---: | --- " + "| ---: " * 5 + "| --- | ---: |"]
    for one_of in sorted(outcomes, key=lambda found: found["number"]):
        lines.append(
            f"| {one_of['number']} | {one_of['name']} | {len(one_of['faults'])} | {one_of['records']:,} "
            f"| {one_of['accepted']:,} | {one_of['refused']:,} | {one_of['verifications']} "
            f"| {'; '.join(one_of['troubles']) or 'none'} | {one_of['seconds'] / 60:.1f} |"
        )
    total = sum(len(found["faults"]) for found in outcomes)
    lines.append(f"| | all, some at a time | {total} | | | | | | {seconds / 60:.0f} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the cases that were asked for and are not done yet."""
    options = parser().parse_args(arguments)
    this = results.this_run(dt.datetime.now(dt.UTC))
    kept = Kept(options.results, this.commit, again=options.again)
    done = kept.outcomes
    todo = []
    for case in CASES:
        if options.case and case.number not in options.case:
            continue
        if any(found["number"] == case.number for found in done):
            _tell(f"case {case.number} is done")
        elif lacking := case.wanting():
            _tell(f"case {case.number} is left out: {lacking}")
        else:
            todo.append(case)
    if len(todo) == 1:
        (case,) = todo
        _tell(f"case {case.number}: {case.name}; seed {options.seed}")
        found = one(case, options.seed, options.faults).to_json()
        kept.add({"number": case.number, "name": case.name, **found})
    else:
        for outcome in _each(mixed(todo), options):
            kept.add(outcome)
    found_out = table(done, kept.seconds)
    print(found_out)
    if options.write:
        results.fill(_PAGE, f"Run on {results.place(this)}.\n\n{found_out}")
    broken = {case.number for case in todo} - {found["number"] for found in done}
    for number in sorted(broken):
        _tell(f"case {number} broke off; see above")
    return int(bool(broken) or any(found["troubles"] for found in done))


def parser() -> argparse.ArgumentParser:
    """What `make faults` takes."""
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("case", nargs="*", type=_number, metavar="CASE", help="all, if none is named")
    parser.add_argument(
        "--faults", type=int, default=_FAULTS, help="faults of each case (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument(
        "--jobs", type=int, default=_JOBS, help="cases at a time, a stack for each (default %(default)s)"
    )
    parser.add_argument("--results", type=Path, default=Path("build/faults.json"))
    parser.add_argument("--again", action="store_true", help="also the cases that are done")
    parser.add_argument("--write", action="store_true", help=f"put the table into {_PAGE.name}")
    return parser


class Kept:
    """What is known of a commit, in a file, so that a run that was stopped goes on."""

    def __init__(self, file: Path, commit: str, *, again: bool) -> None:
        """Begin with what needs no run: of this commit, without differences. `again`: with nothing."""
        self._file, self._commit = file, commit
        self._begun = time.monotonic()
        self._before = 0.0
        self.outcomes: list[dict[str, Any]] = []
        if file.exists() and not again:
            found = json.loads(file.read_text(encoding="utf-8"))
            if found["commit"] == commit:
                self._before = found["seconds"]
                self.outcomes = [one for one in found["outcomes"] if not one["troubles"]]

    @property
    def seconds(self) -> float:
        """What it took, in this run and those before."""
        return self._before + time.monotonic() - self._begun

    def add(self, outcome: dict[str, Any]) -> None:
        """One case more; written down at once."""
        self.outcomes.append(outcome)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        known = {"commit": self._commit, "seconds": self.seconds, "outcomes": self.outcomes}
        self._file.write_text(json.dumps(known, indent=1), encoding="utf-8")


def mixed(cases: Sequence[Case]) -> list[Case]:
    """Longest first, so that none is left alone at the end; one that waits beside each that works."""
    longest = sorted(cases, key=lambda case: case.minutes, reverse=True)
    pairs = zip_longest(*([case for case in longest if case.waits is waits] for waits in (False, True)))
    return [case for pair in pairs for case in pair if case is not None]


def _number(text: str) -> int:
    """A case's number. Not `choices`, which in argparse refuses `nargs="*"` without any argument."""
    known = [case.number for case in CASES]
    if not text.isdecimal() or int(text) not in known:
        raise argparse.ArgumentTypeError(f"there is no case {text!r}; cases: {known[0]} to {known[-1]}")
    return int(text)


def _each(cases: Sequence[Case], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Each case by a process of its own, some at a time; those that have an outcome, as they end."""
    with (
        tempfile.TemporaryDirectory(prefix="covid-faults-") as folder,
        ThreadPoolExecutor(options.jobs) as pool,
    ):

        def alone(case: Case) -> list[dict[str, Any]]:
            kept = Path(folder) / f"{case.number}.json"
            given = ("--faults", options.faults, "--seed", options.seed, "--results", kept)
            argv = (sys.executable, "-m", "tests.faults", case.number, *given)
            subprocess.run(list(map(str, argv)), stdout=subprocess.DEVNULL, check=False)
            return _outcomes(kept)

        try:
            for running in as_completed([pool.submit(alone, case) for case in cases]):
                yield from running.result()
        finally:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C no further case is begun


def _outcomes(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["outcomes"]
    return found


def _tell(sentence: str) -> None:
    print(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
