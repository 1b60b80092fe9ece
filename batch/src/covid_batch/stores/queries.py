"""The statements of `sql/`: one folder an engine, one file a query, and `schema.sql` for the tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from covid_batch.stores.errors import Unusable

SCHEMA: Final = "schema.sql"
_END: Final = re.compile(r";\s*$|^GO\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """One query. `title` is the comment on top of its file, which says what it asks, `text` the rest."""

    name: str
    title: str
    text: str


def queries(engine: str, names: Sequence[str] = ()) -> list[Query]:
    """The queries of an engine's folder, all or those named. Raises `Unusable` for an unknown name."""
    folder = files("covid_batch").joinpath("sql", engine)
    found = {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql") and entry.name != SCHEMA
    }
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise Unusable(f"no query {', '.join(unknown)} in sql/{engine}: there are {', '.join(sorted(found))}")
    return [_query(name, found[name]) for name in sorted(names or found)]


def schema(engine: str) -> list[str]:
    """The statements that make an engine's tables anew, in their order."""
    text = files("covid_batch").joinpath("sql", engine, SCHEMA).read_text(encoding="utf-8")
    return split(text)


def split(text: str) -> list[str]:
    """Statements of a script: each ends with a `;` at the end of a line, or a line `GO`."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def _query(name: str, text: str) -> Query:
    lines = text.strip().splitlines()
    top = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    title = " ".join(line.removeprefix("--").strip() for line in lines[:top])
    return Query(name, title, "\n".join(lines[top:]).rstrip(";"))
