"""The reference names all there is, and says what it means."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pkgutil import iter_modules
from typing import Any

import msgspec
import pytest
import typer
from fastapi.routing import APIRoute

from covid_api import routes
from covid_cli import settings as of_cli
from covid_cli.main import COMMANDS
from covid_core import rows, topics
from covid_core import settings as of_core
from covid_core.catalog.measures import MEASURES
from covid_core.environment import variable
from reference import commands, figures, messages, operations, settings


def below(app: typer.Typer, words: str) -> Iterator[str]:
    """Commands by their registration, where the reference asks click."""
    for command in app.registered_commands:
        name = command.name or command.callback.__name__.replace("_", "-")  # type: ignore[union-attr]
        yield f"{words} {name}"
    for group in app.registered_groups:
        yield f"{words} {group.name}"
        yield from below(group.typer_instance, f"{words} {group.name}")  # type: ignore[arg-type]


def test_every_command() -> None:
    page = commands.page()
    headings = {line.lstrip("#").strip() for line in page.splitlines() if line.startswith("##")}
    for name, command in COMMANDS.items():
        module, function = command.place.split(":")
        registered = getattr(import_module(module), function)
        assert f"covid {name}" in headings
        if isinstance(registered, typer.Typer):
            assert set(below(registered, f"covid {name}")) <= headings
    assert all(f"covid {' '.join(words)}" in headings for words in commands.FORWARDED)


def test_every_command_says_what_it_does() -> None:
    silent = [words for words, one in commands.contexts(commands.context()) if not one.command.help]
    assert silent == []


def test_every_setting_and_its_meaning() -> None:
    page = settings.page()
    groups = {
        kind
        for module in (of_core, of_cli)
        for _, kind in getmembers(module, isclass)
        if issubclass(kind, msgspec.Struct) and hasattr(kind, "prefix")
    }
    assert groups == set(settings.GROUPS)
    meanings = settings.variables()
    for group in groups:
        for field in msgspec.structs.fields(group):
            name = variable(group, field.name)
            assert f"| `{name}`" in page
            assert meanings[name], name
    assert "Read by: ." not in page


def test_every_operation_and_its_parameters() -> None:
    page = operations.page()
    modules = [import_module(f"{routes.__name__}.{each.name}") for each in iter_modules(routes.__path__)]
    found = [route for module in modules for route in module.router.routes if isinstance(route, APIRoute)]
    documented = [route for route in found if route.include_in_schema]
    assert documented
    for route in documented:
        for method in route.methods:
            assert f"\n## {method} {route.path}\n" in page
    for _, path, operation in operations.operations(operations.document()):
        assert operation.get("description"), path
        for parameter in operation.get("parameters", []):
            assert f"| `{parameter['name']}`" in page
            said: Any = parameter.get("description") or parameter["schema"].get("description")
            assert said, (path, parameter["name"])


def test_every_figure_has_its_help() -> None:
    found = [figure for service in figures.services().values() for figure in service]
    assert found
    assert [figures.name(figure) for figure in found if not figure._documentation] == []


def test_every_measure() -> None:
    page = figures.measures()
    measured = {column.name for column in rows.COLUMNS if column.unit}
    assert measured == {each.column for each in MEASURES}
    assert all(f"| `{name}` |" in page for name in measured)


@pytest.mark.parametrize("kinds", messages.STRUCTS.values(), ids=messages.STRUCTS.keys())
def test_every_member_of_every_message_has_a_meaning(kinds: tuple[type[msgspec.Struct], ...]) -> None:
    for kind in kinds:
        members = list(messages.members(kind))
        assert len(members) == len(msgspec.structs.fields(kind))
        assert [name for name, _, meaning in members if not meaning] == []


def test_every_topic_header_and_column() -> None:
    page = messages.page()
    assert all(f"| `{topic.name}` |" in page for topic in topics.TOPICS)
    assert all(f"| `{column.name}` |" in page and column.description for column in rows.COLUMNS)
    names = [value for name, value in vars(topics.Header).items() if name.isupper()]
    assert set(messages.headers()) == set(names)
