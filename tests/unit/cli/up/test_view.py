"""What is printed where there is no terminal."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from covid_cli.stack.part import Part, State
from covid_cli.stack.process import Command
from covid_cli.stack.supervisor import Watched
from covid_cli.up.view import View


def watched(name: str, tmp_path: Path) -> Watched:
    part = Part(name, Command(("true",)), lambda: True)
    return Watched(part, tmp_path / f"{name}.log", lambda: None)


def test_one_plain_line_a_part(tmp_path: Path) -> None:
    out = io.StringIO()
    parts = [watched("kafka", tmp_path), watched("stream", tmp_path)]
    view = View(Console(file=out, width=140), lambda: parts)
    with view.shown():
        parts[0].seconds, parts[0].state = 2.34, State.HEALTHY
        parts[1].state = State.FAILED
    lines = out.getvalue().splitlines()
    assert "kafka: healthy after 2.3 s" in lines
    assert f"stream: failed, see {tmp_path}/stream.log" in lines
    assert "\x1b" not in out.getvalue()


def test_a_terminal_gets_a_table_with_parts_log_and_rows(tmp_path: Path) -> None:
    out = io.StringIO()
    parts = [watched("kafka", tmp_path)]
    parts[0].seconds, parts[0].state, parts[0].restarts = 2.34, State.HEALTHY, 2
    view = View(Console(file=out, width=100, force_terminal=True), lambda: parts)
    with view.shown():
        view.log_line, view.rows = "12 records in covid.records", {"dynamodb": 1234}
    text = out.getvalue()
    assert all(
        word in text
        for word in ("kafka", "healthy", "2.3", "restarted 2×", "12 records", "dynamodb", "1,234")
    )
