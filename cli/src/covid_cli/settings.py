"""Settings of the command itself; those of the services are in `covid_core.settings`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from covid_cli.errors import UserError
from covid_cli.stack.pins import MAVEN_CENTRAL
from covid_core.environment import SettingsError, load
from covid_core.settings import SinkSettings

S = TypeVar("S", bound=msgspec.Struct)


class CliSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the command keeps its things, and where it gets them."""

    prefix = "COVID_"

    home: Annotated[str, Meta(description="data, logs and state of one stack")] = "~/.covid-tracker"
    cache: Annotated[str, Meta(description="downloads shared by every stack")] = "~/.cache/covid-tracker"
    data_dir: Annotated[str | None, Meta(description="publishers' files to publish at `covid up`")] = None
    maven_repo: Annotated[str, Meta(description="Maven repository that jars are fetched from")] = (
        MAVEN_CENTRAL
    )

    batch_verdicts: Annotated[
        str | None,
        Meta(description="file that each comparison of `covid batch` is appended to, as a line of JSON"),
    ] = None

    @property
    def cache_folder(self) -> Path:
        """The cache as a path, `~` expanded."""
        return Path(self.cache).expanduser()


def read() -> CliSettings:
    """The settings of this process. Raises `UserError` when one is malformed."""
    return group(CliSettings, os.environ)


def group_suffix(environment: Mapping[str, str]) -> str:
    """What ends the names of the sinks' groups, as this process and the stack of `environment` have it.
    Raises `UserError`."""
    return group(SinkSettings, {**os.environ, **environment}).group_suffix


def group(kind: type[S], environ: Mapping[str, str]) -> S:
    """Settings of any group. Raises `UserError` when one is malformed."""
    try:
        return load(kind, environ, lambda path: Path(path).read_text(encoding="utf-8"))
    except SettingsError as error:
        raise UserError(str(error)) from error
