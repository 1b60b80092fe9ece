"""What a query gave, and its file."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from covid_batch.stores.queries import Query


class Result(NamedTuple):
    """Names of the columns, and the rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Answer:
    """One query's answer, which lies at `path` as CSV; `seconds` from asking to the last row."""

    name: str
    title: str
    text: str
    path: str
    rows: int
    seconds: float


def answer(queries: Sequence[Query], ask: Callable[[str], Result], out: Path) -> list[Answer]:
    """Ask every query, then write each answer to `out/NAME.csv`. One that fails leaves `out` as it was."""
    taken: list[tuple[Query, Result, float]] = []
    for query in queries:
        begun = time.monotonic()
        result = ask(query.text)
        taken.append((query, result, time.monotonic() - begun))
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for query, result, seconds in taken:
        path = out / f"{query.name}.csv"
        path.write_bytes(as_csv(result))
        written.append(Answer(query.name, query.title, query.text, str(path), len(result.rows), seconds))
    return written


def as_csv(result: Result) -> bytes:
    """CSV with a header, lines ended by LF; absent values are empty, booleans 1 and 0 as in T-SQL."""
    text = io.StringIO()
    write_csv(result.columns, result.rows, text)
    return text.getvalue().encode()


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: IO[str]) -> None:
    """`as_csv`, row by row, into a text stream."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([plain(value) for value in row] for row in rows)


def plain(value: Any) -> Any:
    """A value as CSV says it: midnight is a date, since engines differ in what adding days to one gives."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value
