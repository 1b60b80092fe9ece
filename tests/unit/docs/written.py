"""What pages tell people to type: command lines in blocks, commands named in a sentence, variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[3]
PAGES: Final = tuple(
    path.relative_to(REPOSITORY).as_posix()
    for path in (
        REPOSITORY / "README.md",
        REPOSITORY / "CONTRIBUTING.md",
        REPOSITORY / "CHANGELOG.md",
        *sorted((REPOSITORY / "docs").rglob("*.md")),
    )
)

_FENCED: Final = re.compile(r"^```\w*[^\n]*\n(.*?)^```", re.M | re.S)
_INDENTED: Final = re.compile(r"(?<=\n\n)((?: {4}[^\n]*\n|\n(?= {4}))+)")
_BEGINS: Final = re.compile(r"(?:^\s*\$?\s*|[|;&(]\s*|\brun --rm )(covid|make) (?=[^ ])")
_INLINE: Final = re.compile(r"`((?:covid|make) [^`\n]+)`")
_VARIABLE: Final = re.compile(r"\bCOVID_[A-Z0-9_]*")


def text(page: str) -> str:
    """A page by its path in the repository."""
    return (REPOSITORY / page).read_text(encoding="utf-8")


def commands(page: str) -> Iterator[list[str]]:
    """Every command line of `covid` and `make` in the page's blocks, as the shell splits it."""
    found = text(page)
    for block in _FENCED.findall(found) + _INDENTED.findall(_FENCED.sub("", found)):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            for begin in _BEGINS.finditer(line):
                yield list(split(line[begin.start(1) :]))


def named(page: str) -> Iterator[list[str]]:
    """Every command that stands in a sentence or a table, up to what is only meant: `PATH…`, `…`."""
    for line in _INLINE.findall(text(page)):
        yield [word for word in split(line) if "…" not in word]


def variables(page: str) -> set[str]:
    """Every environment variable of ours that a page names; `COVID_S3_` of `COVID_S3_…`."""
    return set(_VARIABLE.findall(text(page)))


def split(line: str) -> Iterator[str]:
    """The words of a command line as a shell reads them, up to where another command or a file begins."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in lexer:
        if set(word) <= set(lexer.punctuation_chars):
            return
        yield word
