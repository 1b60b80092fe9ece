"""Options that the batch commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from covid_cli.errors import UserError
from covid_core import regions


def codes(countries: str) -> frozenset[str] | None:
    """The codes; None for all. Raises `UserError` for what is no country's code."""
    try:
        return regions.countries(countries)
    except ValueError as error:
        raise UserError(f"--countries: {error}.") from None


def _checked(countries: str) -> str:
    codes(countries)
    return countries


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Files or folders of PHAC's and JHU's files.")
]
Countries = Annotated[str, typer.Option(help="Country codes, comma-separated, or all.", callback=_checked)]


def absolute(paths: list[Path]) -> list[Path]:
    """Paths as another process may read them, whatever its working directory."""
    return [path.expanduser().absolute() for path in paths]
