"""What a start of the embedded stack asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.settings import CliSettings
from covid_cli.stack import jars, pins
from covid_cli.stack.stack import Stack


class _Asked(Exception):
    """Ends the start once the jars were asked for."""


def test_a_start_fetches_nothing_that_only_aws_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def fetch(repository: str, wanted: list[tuple[Path, pins.Jar]], progress: jars.Progress) -> None:
        asked.update(jar.group for _, jar in wanted)
        raise _Asked

    monkeypatch.setattr(jars, "fetch", fetch)
    stack = Stack(tmp_path / "home", CliSettings(cache=str(tmp_path / "cache")))
    try:
        with pytest.raises(_Asked):
            stack.prepare(lambda size: lambda count: None)
    finally:
        stack.stop()
    assert asked == {"kafka", "dynamodb", "spark"}
