"""As known when: the options of commands that ask for rows."""

from __future__ import annotations

from typing import Annotated

import typer

AsOf = Annotated[
    str | None,
    typer.Option(help="As sources had said by then: a day (its end, UTC) or a time with its zone."),
]
KnownAt = Annotated[
    str | None, typer.Option(help="As this system had been told by then; written as --as-of.")
]
