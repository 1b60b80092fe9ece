"""Which rows, and as known when: the options of commands that ask for rows."""

from __future__ import annotations

from typing import Annotated

import typer

from covid_cli.errors import UserError
from covid_cli.records.words import region_words, source_words
from covid_core import regions

Region = Annotated[str, typer.Argument(help="ISO 3166 code, e.g. CA or CA-ON.", autocompletion=region_words)]
Source = Annotated[str, typer.Option(help="phac, phac-weekly, jhu, merged, …", autocompletion=source_words)]
First = Annotated[str | None, typer.Option("--from", help="First date, YYYY-MM-DD.")]
Last = Annotated[str | None, typer.Option("--to", help="Last date, included.")]
AsOf = Annotated[
    str | None,
    typer.Option(help="As sources had said by then: a day (its end, UTC) or a time with its zone."),
]
KnownAt = Annotated[
    str | None, typer.Option(help="As this system had been told by then; written as --as-of.")
]


def one_region(code: str) -> None:
    """Raise `UserError` unless it is the code of a region, where an answer for several could not be shown."""
    if not regions.is_known(code):
        raise UserError(f"{code!r} is not the code of one region, as CA or CA-ON is.")
