"""The pieces of Markdown that the pages are made of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what stands in a cell may hold Markdown, but for line ends and bars."""
    lines = [headings, ["---"] * len(headings), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Words as they are typed; nothing for no words."""
    return f"`{text}`" if text else ""


def block(text: str, language: str = "text") -> str:
    """Lines as they are typed."""
    return f"```{language}\n{text.rstrip()}\n```"


def page(title: str, *parts: str) -> str:
    """A page: its title and what follows it."""
    return "\n\n".join((f"# {title}", *(part.strip() for part in parts if part))) + "\n"


def docstring(thing: object) -> str:
    """A docstring without its indentation. Raises `LookupError` where there is none."""
    found = inspect.getdoc(thing)
    if not found:
        raise LookupError(f"{thing} has no docstring")
    return found


def attributes(kind: type) -> dict[str, str]:
    """What stands as a text below each attribute of a class, in its source."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    if not isinstance(definition, ast.ClassDef):
        raise TypeError(f"{kind} is not defined by a class statement")
    found = {}
    for each, after in zip(definition.body, definition.body[1:], strict=False):
        match each, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=text)):
                found[name] = inspect.cleandoc(str(text))
    return found
