"""The command `covid`: the help of every command, as it prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from typing import Any, Final, NamedTuple

import typer

from covid_batch.backfill import __main__ as backfill
from covid_cli.main import app
from covid_producer import options
from covid_sinks import maintain
from reference import markdown

WIDTH: Final = 100

Words = tuple[str, ...]
"""A command: its name and its parents' names, `covid` left out."""


class Forwarded(NamedTuple):
    """What a command hands its arguments to: the name that process gives itself, and how it reads them."""

    program: str
    parse: Callable[[list[str]], object]


def _publish(arguments: list[str]) -> object:
    return options.parse(["publish", *arguments], watched="", every="1h")


def _backfill(job: str) -> Callable[[list[str]], object]:
    return lambda arguments: backfill.parser().parse_args([job, *arguments])


FORWARDED: Final[dict[Words, Forwarded]] = {
    ("publish",): Forwarded("covid_producer publish", _publish),
    ("backfill", "records"): Forwarded("covid_batch.backfill records", _backfill("records")),
    ("backfill", "metrics"): Forwarded("covid_batch.backfill metrics", _backfill("metrics")),
    ("restore",): Forwarded("covid_batch.backfill restore", _backfill("restore")),
    ("maintain",): Forwarded("covid_sinks maintain", lambda given: maintain.parser().parse_args(given)),
}
"""The commands whose arguments another process of ours reads."""


def context() -> Any:
    """The command `covid` itself, ready to be asked for its parts."""
    root: Any = typer.main.get_command(app)
    return root.context_class(root, info_name="covid", terminal_width=WIDTH, max_content_width=WIDTH)


def contexts(parent: Any, words: Words = ()) -> Iterator[tuple[Words, Any]]:
    """Every command below one, depth first, with the context that its help is printed in."""
    for name in parent.command.list_commands(parent):
        command = parent.command.get_command(parent, name)
        if command.hidden:
            continue
        found = command.context_class(
            command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
        )
        yield (*words, name), found
        if hasattr(command, "list_commands"):
            yield from contexts(found, (*words, name))


def forwarded_help(words: Words) -> str:
    """What the process behind a command says of its arguments."""
    shown = StringIO()
    with redirect_stdout(shown), suppress(SystemExit):
        FORWARDED[words].parse(["--help"])
    return shown.getvalue().replace(FORWARDED[words].program, f"covid {' '.join(words)}", 1)


def page() -> str:
    """A heading a command."""
    root = context()
    parts = [
        "What `covid --help` and the help of every command print. Exit codes of all: 0 done, 1 a problem "
        "that the message explains, 2 wrong usage; where a command has more, its help says so.",
        "`covid --install-completion` sets the shell up that it is typed in: bash, zsh or fish. Where there "
        "is no such shell, in an image say, `_COVID_COMPLETE=source_bash covid` prints the script of one "
        "(`source_zsh`, `source_fish`). bash has been completed for in tests; zsh and fish were not at hand, "
        "and tests ask what their scripts ask. What `publish`, `backfill`, `restore`, `maintain` and "
        "`kafka` hand on is not completed.",
        markdown.block(root.command.get_help(root)),
    ]
    for words, one in contexts(root):
        parts += [_heading(words), markdown.block(one.command.get_help(one))]
        for forwarded in FORWARDED:
            if forwarded[0] == words[0]:
                heading = [] if forwarded == words else [_heading(forwarded)]
                parts += [*heading, markdown.block(forwarded_help(forwarded))]
    return markdown.page("The command line", *parts)


def _heading(words: Words) -> str:
    return f"{'#' * (len(words) + 1)} covid {' '.join(words)}"
