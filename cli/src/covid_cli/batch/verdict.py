"""What comes of a comparison: a sentence for people, and a line of JSON for `covid batch run-all`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import typer

from covid_cli import settings

ORACLE: Final = "the oracle"
DUCKDB: Final = "DuckDB's answer"
"""To the query that a store was asked, over what it was loaded from."""


class Verdict(msgspec.Struct, frozen=True):
    """`against`: what was compared with; `rows`: how many; `different`: the first difference, None: equal."""

    against: str
    rows: int
    different: str | None = None

    def __str__(self) -> str:
        if self.different is None:
            return f"{self.rows:,} rows equal to {self.against}"
        return f"different from {self.against}, first: {self.different}"


_decoder: Final = msgspec.json.Decoder(Verdict)


def say(verdict: Verdict, equal: str | None = None) -> bool:
    """Say and keep a verdict; whether it is that nothing differs. `equal`: what is said then."""
    keep(verdict)
    same = verdict.different is None
    typer.echo(equal if same and equal is not None else str(verdict))
    return same


def keep(verdict: Verdict) -> None:
    """Append it to the file of COVID_BATCH_VERDICTS, where one is named."""
    if (name := settings.read().batch_verdicts) is not None:
        with Path(name).open("ab") as file:
            file.write(msgspec.json.encode(verdict) + b"\n")


def kept(file: Path) -> list[Verdict]:
    """The verdicts in a file, which is not there before the first."""
    return _decoder.decode_lines(file.read_bytes()) if file.exists() else []
