"""A notebook in Databricks' source format: a Python file whose comments part it into cells.

https://docs.databricks.com/aws/en/notebooks/notebook-format
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FIRST: Final = "# Databricks notebook source"
_BETWEEN: Final = re.compile(r"^# COMMAND -+$", re.MULTILINE)
_MAGIC: Final = re.compile(r"^# MAGIC ?", re.MULTILINE)
PYTHON, SQL, MARKDOWN = "python", "sql", "md"


class NotANotebook(ValueError):
    """A file that is no notebook, or has a cell that only Databricks can run. The text says which."""


class Cell(NamedTuple):
    """A cell: its number, which begins at 1, its language and its text."""

    number: int
    language: str
    text: str


def cells(content: str) -> list[Cell]:
    """The cells of a file. Raises `NotANotebook`."""
    first, _, rest = content.partition("\n")
    if first.strip() != _FIRST:
        raise NotANotebook(f"the first line is not {_FIRST!r}: export the notebook as a source file")
    parts = [part.strip("\n") for part in _BETWEEN.split(rest)]
    return [_cell(number, part) for number, part in enumerate(parts, start=1) if part.strip()]


def _cell(number: int, text: str) -> Cell:
    if not text.startswith("# MAGIC"):
        return Cell(number, PYTHON, text)
    language, _, body = _MAGIC.sub("", text).partition("\n")
    word, _, start = language.partition(" ")
    if word not in (f"%{SQL}", f"%{MARKDOWN}"):
        raise NotANotebook(f"cell {number} is {word}: only Python, %{SQL} and %{MARKDOWN} run here")
    return Cell(number, word.removeprefix("%"), f"{start}\n{body}".strip())
