"""What is published where no place can be reached: an invented epidemic, and never beside real numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from covid_core.ledger import Ledger
from covid_producer import generator
from covid_producer.sources.base import Candidate, Target, Unavailable
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
    found, troubles = _polled(targets)
    for target, candidate in found:
        target.again(candidate)
    if len(troubles) < len(targets):
        return targets
    for trouble in troubles:
        say(trouble)
    return _instead(finished, say)


def found_or_invented(
    targets: Sequence[Target], finished: Callable[[], Ledger], say: Callable[[str], None]
) -> list[Candidate]:
    """The files of the targets that can be reached; where none can, those of `or_invented`. `say` is told why
    a target cannot be reached, and what is published instead.

    Raises `LogUnavailable` from `finished`, which is asked only where no target can be reached.
    """
    found, troubles = _polled(targets)
    for trouble in troubles:
        say(trouble)
    if len(troubles) < len(targets):
        return [candidate for _, candidate in found]
    return [candidate for target in _instead(finished, say) for candidate in target.poll()]


def _polled(targets: Sequence[Target]) -> tuple[list[tuple[Target, Candidate]], list[str]]:
    """What the targets have, and why some cannot be reached: each is asked, whatever another answers."""
    found: list[tuple[Target, Candidate]] = []
    troubles = []
    for target in targets:
        try:
            found += [(target, candidate) for candidate in target.poll()]
        except Unavailable as error:
            troubles.append(str(error))
    return found, troubles


def _instead(finished: Callable[[], Ledger], say: Callable[[str], None]) -> Sequence[Target]:
    """What is published where no target can be reached."""
    if any(not entry.invented for entry in finished().values()):
        say(KEPT)
        return ()
    folder = Path(tempfile.mkdtemp(prefix="covid-invented-"))
    generator.write(folder)
    say(INVENTED)
    return (Folder(folder, invented=True),)
