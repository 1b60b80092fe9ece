"""What pages tell people to type exists: commands, options, targets of make, settings, links, files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from covid_core import settings as core
from covid_core.environment import is_secret, variable
from reference import commands, hook, settings
from tests.unit.docs.written import PAGES, REPOSITORY, named, split, text, variables
from tests.unit.docs.written import commands as written

FIRST: Final = ("README.md", "docs/tutorial.md")
"""The pages that a newcomer follows."""


@pytest.fixture(scope="module")
def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.M))


def found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words begin with, in its context, and the words that are left.

    Raises `UsageError` where there is no such command.
    """
    context = commands.context()
    rest = words[1:]
    while rest and hasattr(context.command, "resolve_command") and not rest[0].startswith("-"):
        # A group may put a command of its own before the words; click keeps what it read in these two.
        context.command.parse_args(context, rest)
        name, command, rest = context.command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.context_class(command, info_name=name, parent=context)
    return context, rest


def forwarded(words: list[str]) -> commands.Words | None:
    """The process of ours that these words are for, by the command's name."""
    return next((name for name in commands.FORWARDED if tuple(words[1 : 1 + len(name)]) == name), None)


def without_home(words: list[str]) -> list[str]:
    """`--home DIR` is for the command itself, wherever it stands."""
    at = words.index("--home") if "--home" in words else len(words)
    return words[:at] + words[at + 2 :]


def parse(words: list[str]) -> None:
    """Let the command line's own parser read it; nothing runs. Raises what the parser raises."""
    name = forwarded(words)
    if name is not None:
        commands.FORWARDED[name].parse(without_home(words[1 + len(name) :]))
        return
    context, rest = found(words)
    context.command.make_context(context.info_name, rest, parent=context.parent)


def known_options(words: list[str]) -> Iterator[str]:
    """Options of words that name a command without all that it needs, and that it does not have."""
    name = forwarded(words)
    context, rest = found(words)
    help_ = commands.forwarded_help(name) if name else context.command.get_help(context)
    for word in rest:
        if word.startswith("-") and not re.search(rf"(?<![\w-]){word.partition('=')[0]}(?![\w-])", help_):
            yield word


@pytest.mark.parametrize("page", PAGES)
def test_command_lines_are_understood(page: str, targets: set[str]) -> None:
    lines = list(written(page))
    assert lines or page not in FIRST
    for words in lines:
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
        else:
            try:
                parse(words)
            except SystemExit as error:  # argparse, and `--help`
                assert error.code == 0, words


def shown_examples() -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every command, and the lines below `Examples:` in its help."""
    for words, context in commands.contexts(commands.context()):
        forwards = any(name[: len(words)] == words for name in commands.FORWARDED)
        if not hasattr(context.command, "list_commands") and not forwards:
            yield words, in_help(context.command.get_help(context))
    for words in commands.FORWARDED:
        yield words, in_help(commands.forwarded_help(words))


def in_help(text: str) -> list[str]:
    return re.findall(
        r"^ +((?:COVID_\w+=\S+ )?covid .+)$", re.split("(?i)^ *examples:", text, flags=re.M)[-1], re.M
    )


EXAMPLES: Final = dict(shown_examples())


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_the_help_of_every_command_has_examples_that_are_understood(words: tuple[str, ...]) -> None:
    assert EXAMPLES[words]
    for line in EXAMPLES[words]:
        # Up to what another program reads.
        typed = list(split(re.sub(r"^COVID_\w+=\S+ ", "", line)))
        assert tuple(typed[1 : 1 + len(words)]) == words or words[-1] == "run"
        parse(typed)


NOT_JSON: Final = {
    ("up",): "serves, and is watched",
    ("warm",): "tells its progress",
    ("kafka",): "hands on to Kafka's own tools",
    ("publish",): "is the producer, which says what it has done",
    ("backfill",): "is the batch process, which says what it has done",
    ("restore",): "is the batch process, which says what it has done",
    ("maintain",): "hands on to the sinks' process, which has it",
}
"""Commands that print nothing for programs, and why; of `batch` the result is files."""


def test_what_a_program_may_ask_for_comes_as_json_too() -> None:
    without = {
        words
        for words, context in commands.contexts(commands.context())
        if not hasattr(context.command, "list_commands") and words[0] != "batch"
        if not any("--json" in parameter.opts for parameter in context.command.params)
    }
    assert without == NOT_JSON.keys()


@pytest.mark.parametrize("page", PAGES)
def test_named_commands_exist(page: str, targets: set[str]) -> None:
    for words in named(page):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word and word.islower()} <= targets, words
        else:
            assert list(known_options([word for word in words if not word.isupper()])) == [], words


def of_tests() -> Iterator[str]:
    """The variables that tests read."""
    for path in (REPOSITORY / "tests").rglob("*.py"):
        yield from re.findall(r'os\.environ\.get\("(COVID_TEST_\w+)"', path.read_text("utf-8"))


@pytest.mark.parametrize("page", [*PAGES, ".env.example"])
def test_variables_are_settings(page: str) -> None:
    known = settings.variables()
    secret_files = {
        f"{variable(group, field.name)}_FILE"
        for group in settings.GROUPS
        for field in core.msgspec.structs.fields(group)
        if is_secret(field)
    }
    others = variables("docker-compose.yml") | set(of_tests())
    for name in variables(page) - set(known) - secret_files - others:
        assert name.endswith("_"), name
        assert any(each.startswith(name) for each in known), name


@pytest.mark.parametrize("page", ["docs/runbooks.md", "docs/operations.md", "docs/how-to/alerts.md"])
def test_what_is_set_in_a_runbook_reaches_the_services_of_compose(page: str) -> None:
    assert variables(page) & set(settings.variables()) <= variables("docker-compose.yml")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """In the repository, too: MkDocs checks those of the site alone."""
    folder = (REPOSITORY / page).parent
    made = {REPOSITORY / "docs" / name for name in (*hook.PAGES, *hook.TOP)}
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text(page)):
        path = Path(os.path.normpath(folder / target))
        assert path in made or path.exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    tops = "|".join({path.name for path in REPOSITORY.iterdir() if path.is_dir()} - {"build"})
    for name in re.findall(rf"`((?:{tops})/[\w./*-]+\.\w+)`", text(page)):
        assert list(REPOSITORY.glob(name)), name
