"""What is published where no place can be reached: an invented epidemic, and never beside real numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from covid_core.ledger import Ledger
from covid_producer import generator
from covid_producer.sources.base import Target, Unavailable
from covid_producer.sources.folder import Folder

INVENTED: Final = (
    "INVENTED numbers from a seeded generator are published, since no place could be reached; "
    "name a folder of PHAC's or JHU's files to publish real ones."
)
KEPT: Final = "No place could be reached; what was published before stays as it is."


def or_invented(
    targets: Sequence[Target], finished: Callable[[], Ledger], say: Callable[[str], None]
) -> Sequence[Target]:
    """The targets, where one of them can be reached; else a folder of invented files, where nothing real has
    ever been published; else nothing. `say` is told which it is, and why.

    Raises `LogUnavailable` from `finished`, which is asked only where no target can be reached.
    """
    troubles = [trouble for target in targets if (trouble := _trouble(target)) is not None]
    if len(troubles) < len(targets):
        return targets
    for trouble in troubles:
        say(trouble)
    if any(not entry.invented for entry in finished().values()):
        say(KEPT)
        return ()
    folder = Path(tempfile.mkdtemp(prefix="covid-invented-"))
    generator.write(folder)
    say(INVENTED)
    return (Folder(folder, invented=True),)


def _trouble(target: Target) -> str | None:
    """Why it cannot be reached. What a poll gives is given again by the next."""
    try:
        for candidate in target.poll():
            target.again(candidate)
    except Unavailable as error:
        return str(error)
    return None
