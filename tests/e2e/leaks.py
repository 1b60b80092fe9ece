"""Looks for the secrets of a stack where they must not be: logs, output and command lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from covid_cli.stack.config import Credentials
from covid_core import settings
from covid_core.environment import is_secret, variable

PUBLIC: Final = "covid"
"""What only looks like a secret: DynamoDB Local takes any key, so every stack has the same."""


class Leak(NamedTuple):
    """A secret where it must not be. It is named, and not shown again."""

    secret: str
    where: str
    line: int


def secrets(credentials: Credentials, environment: Mapping[str, str]) -> dict[str, str]:
    """Each secret value of a stack by its name: its credentials, and the settings marked as secret."""
    found: dict[str, str] = {
        name: value for name, value in msgspec.structs.asdict(credentials).items() if name != "s3_access_key"
    }
    for group in settings.ALL:
        for field in msgspec.structs.fields(group):
            name = variable(group, field.name)
            value = environment.get(name)
            if is_secret(field) and value and value != PUBLIC:
                found[name] = value
    return found


def leaks(secrets: Mapping[str, str], texts: Mapping[str, bytes]) -> list[Leak]:
    """Every line that holds a secret, of texts by where they are from."""
    return [
        Leak(name, where, number)
        for where, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        for name, value in secrets.items()
        if value.encode() in line
    ]


def files(folder: Path) -> dict[str, bytes]:
    """All that stands in a folder and below it."""
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def lines(commands: Iterable[tuple[str, Iterable[str]]]) -> dict[str, bytes]:
    """Command lines as texts, by the names of their processes."""
    return {f"command line of {name}": " ".join(words).encode() for name, words in commands}
