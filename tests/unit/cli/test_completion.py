"""What a shell offers at Tab: by bash itself; zsh and fish are answered as Typer's scripts for them ask."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from covid_cli.main import COMMANDS
from covid_cli.records import words
from covid_core import regions


def run(*arguments: str, **environment: str) -> str:
    """Standard output of a process that finds the installed command `covid`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        arguments,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment, "PATH": path},
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def bash(*line: str) -> set[str]:
    """With the script that `covid --show-completion` prints."""
    typed = f"COMP_WORDS=({shlex.join(('covid', *line))}); COMP_CWORD={len(line)}; _covid_completion covid"
    script = 'eval "$(_COVID_COMPLETE=source_bash covid)"'
    return set(run("bash", "--norc", "-c", f'{script}; {typed}; echo "${{COMPREPLY[@]}}"').split())


def zsh(*line: str) -> set[str]:
    answer = run("covid", _COVID_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=f"covid {' '.join(line)}")
    return {each.split('"')[1] for each in answer.splitlines()}


def fish(*line: str) -> set[str]:
    answer = run(
        "covid",
        _COVID_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS=f"covid {' '.join(line)}",
    )
    return {each.partition("\t")[0] for each in answer.splitlines()}


Shell = Callable[..., set[str]]
"""The words that a shell offers for the last word of a line; the command itself is left out."""


@pytest.fixture(params=[bash, zsh, fish], ids=lambda shell: shell.__name__)
def shell(request: pytest.FixtureRequest) -> Shell:
    found: Shell = request.param
    return found


def test_commands(shell: Shell) -> None:
    assert shell("") == set(COMMANDS)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (("dlq", "re"), {"replay"}),
        (("verify", "--re"), {"--repair"}),
        (("query", "CA-O"), {"CA-ON"}),
        (("chart", "CA", "--metric", "positi"), {"positivity_7d"}),
    ],
)
def test_what_follows_a_command(line: tuple[str, ...], offered: set[str]) -> None:
    assert bash(*line) == offered


@pytest.mark.parametrize(("name", "begins"), [("bash", "_covid_completion()"), ("zsh", "#compdef covid")])
def test_scripts_are_for_the_command(name: str, begins: str) -> None:
    assert run("covid", _COVID_COMPLETE=f"source_{name}").lstrip().startswith(begins)


def test_listing_commands_imports_none_of_them() -> None:
    """Each would take longer than one waits at a Tab."""
    code = (
        "import sys; from covid_cli.main import app; import atexit;"
        "atexit.register(lambda: print(sorted(m for m in sys.modules if m.startswith('covid_cli.'))));"
        "app(prog_name='covid')"
    )
    answer = run(
        sys.executable, "-c", code, _COVID_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="covid "
    ).splitlines()
    assert answer[-1] == "['covid_cli.errors', 'covid_cli.examples', 'covid_cli.main']"
    assert len(answer) == len(COMMANDS) + 1


def test_words_say_what_they_mean() -> None:
    assert list(words.region_words("ca-q")) == [("CA-QC", "Quebec")]
    assert len(list(words.region_words(""))) == len(regions.ALL)
    assert [word for word, _ in words.source_words("phac")] == ["phac", "phac-weekly"]
    assert dict(words.metric_words("positivity")) == {"positivity_7d": "Test positivity, 7 days"}
