"""What is told of an error that other code has raised."""

from __future__ import annotations

import pytest

from covid_core.errors import first_line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no such file", "no such file"),
        ("no such table\n[SQL: SELECT 1]\r\nat line 1", "no such table"),
        ("", "OSError"),
        ("x" * 400, "x" * 300),
    ],
)
def test_the_first_line_is_told_or_the_kind_where_there_is_none(text: str, told: str) -> None:
    assert first_line(OSError(text)) == told


def test_another_text_may_be_taken_for_the_errors() -> None:
    assert first_line(OSError("An error occurred:\nno such file"), "no such file\nat a.b") == "no such file"
    assert first_line(OSError("An error occurred:\n"), "") == "OSError"
