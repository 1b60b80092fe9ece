"""Options that the batch commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ALL = "all"

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Files or folders of PHAC's and JHU's files.")
]
Countries = Annotated[str, typer.Option(help="Country codes, comma-separated, or all.")]


def absolute(paths: list[Path]) -> list[Path]:
    """Paths as another process may read them, whatever its working directory."""
    return [path.expanduser().absolute() for path in paths]


def codes(countries: str) -> frozenset[str] | None:
    """The codes; None for all."""
    return None if countries == ALL else frozenset(countries.split(","))
