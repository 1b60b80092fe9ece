"""`make mutants`: the faults of `make test` on services that break a promise, which must be found out.

Each mutant is one package with one change, put before the installed one by PYTHONPATH. It is caught when the
test says what was different, not by a stack that did not work.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from tests.faults.test_faults import TROUBLES

_REPOSITORY: Final = Path(__file__).parents[2]
_TEST: Final = "tests/faults/test_faults.py"
_SINKS: Final = "services/sinks/src/covid_sinks"


@dataclass(frozen=True)
class Mutant:
    """A promise that is broken: in a file of a package, `old` text is replaced by `new`."""

    name: str
    package: str
    file: str
    old: str
    new: str

    def write(self, folder: Path) -> None:
        """The whole package, changed, into a folder. Raises `LookupError` where the text is another now."""
        package = _REPOSITORY / self.package
        text = (package / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise LookupError(f"{package / self.file} has {self.old!r} not just once: change this mutant")
        copied = folder / package.name
        shutil.copytree(package, copied, ignore=shutil.ignore_patterns("__pycache__"))
        (copied / self.file).write_text(text.replace(self.old, self.new), encoding="utf-8")


MUTANTS: Final = (
    Mutant(
        "DynamoDB takes an older row",
        _SINKS,
        "dynamodb.py",
        "AND revision {} :r)",
        "AND (revision {} :r OR revision > :r))",
    ),
    Mutant(
        "RDS and Redshift's stand-in take an older row",
        _SINKS,
        "sql/postgres.py",
        'f"WHERE (excluded.generation, excluded.revision) {compare} ({table}.generation, {table}.revision)"',
        'f"WHERE excluded.revision {compare} 0"',
    ),
    Mutant(
        "the lake takes an older row",
        _SINKS,
        "iceberg/metrics.py",
        '*((name, "ascending") for name in _RANK),\n'
        '            ("is_new", "ascending" if repair else "descending"),\n',
        '*((name, "ascending") for name in _RANK[:2]),\n            ("is_new", "ascending"),\n',
    ),
    Mutant(
        "a sink goes on past a batch that its store did not take",
        _SINKS,
        "retry.py",
        "    result: T = await retrying(run, call)\n",
        "    try:\n        result: T = await run(call)\n    except Transient:\n        return []\n",
    ),
    Mutant(
        "a refused record leaves no dead letter",
        "services/spark-stream/src/covid_stream",
        "inbox.py",
        "inbox.outputs.append(_refused(arrival, refusal))",
        "_refused(arrival, refusal)",
    ),
    Mutant(
        "a correction says nothing of the days after it",
        "core/src/covid_core",
        "region_state.py",
        "            seen |= given << offset\n",
        "            seen |= given\n",
    ),
)


def caught(mutant: Mutant) -> tuple[bool, str]:
    """Whether the test found the mutant out, and what it found or said at its end."""
    with tempfile.TemporaryDirectory(prefix="covid-mutant-") as folder:
        mutant.write(Path(folder))
        report = Path(folder) / "report.xml"
        before = os.environ.get("PYTHONPATH")
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (folder, before)))}
        argv = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", _TEST]
        done = subprocess.run(argv, cwd=_REPOSITORY, env=environ, capture_output=True, text=True, check=False)
        troubles = _troubles(report)
    if done.returncode == 1 and troubles:
        return True, "; ".join(troubles)[:500]
    return False, (done.stdout + done.stderr).strip().splitlines()[-1]


def _troubles(report: Path) -> list[str]:
    """What the test found to be different; nothing where it did not come so far."""
    if not report.exists():
        return []
    found = ElementTree.parse(report).find(f".//property[@name='{TROUBLES}']")
    return [] if found is None else json.loads(found.attrib["value"])


def main(arguments: Sequence[str]) -> int:
    """Try the mutants; exits 1 when one was not found out."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--only", help="a part of a mutant's name")
    only = parser.parse_args(arguments).only
    missed = 0
    for mutant in MUTANTS:
        if only and only not in mutant.name:
            continue
        begun = time.monotonic()
        found, what = caught(mutant)
        missed += not found
        verdict = "caught" if found else "NOT CAUGHT"
        print(f"{verdict} in {time.monotonic() - begun:.0f} s: {mutant.name}: {what}", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
