"""`covid init`: what a deployment must hold before its services start. Repeating it changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from covid_cli import provision
from covid_cli.errors import UserError
from covid_core.environment import SettingsError, load
from covid_core.settings import IcebergSettings, RdsSettings, RedshiftSettings

Step = tuple[str, Callable[[], None]]
"""What is made, and how."""


class Part(StrEnum):
    """What a deployment may have made, or not: a store alone needs no broker."""

    TOPICS = "topics"
    BUCKET = "bucket"
    DATABASES = "databases"


def command(
    only: Annotated[
        list[Part] | None, typer.Option(help="Only these; may be repeated.", show_default="all")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: what is there, as JSON.")] = False,
) -> None:
    """Make the topics, the bucket and the databases that the settings (COVID_…) name and that are missing.

    Tables are made by the sinks. Exit codes: 0 all there, 1 something could not be made.
    """
    there = []
    try:
        for what, make in _steps(only or tuple(Part)):
            make()
            there.append(what)
            if not as_json:
                typer.echo(f"{what}: there")
    except SettingsError as error:
        raise UserError(str(error)) from error
    except (KafkaException, BotoCoreError, ClientError, psycopg.Error) as error:
        raise UserError(f"{what} could not be made: {error}".strip()) from error
    if as_json:
        typer.echo(json.dumps({"there": there}))


def _steps(parts: Collection[Part]) -> list[Step]:
    """The steps of these parts, in the order in which all are made. Raises `SettingsError`, `UserError`."""
    return [step for part in Part if part in parts for step in _STEPS[part]()]


def _databases() -> list[Step]:
    def read(path: str) -> str:
        return Path(path).read_text(encoding="utf-8")

    urls = {
        "catalog database": load(IcebergSettings, os.environ, read).uri,
        "RDS database": load(RdsSettings, os.environ, read).url,
        "Redshift database": load(RedshiftSettings, os.environ, read).url,
    }
    return [(what, partial(provision.create_database, url)) for what, url in urls.items() if url]


_STEPS: Final[dict[Part, Callable[[], list[Step]]]] = {
    Part.TOPICS: lambda: [("topics", partial(provision.create_topics, os.environ))],
    Part.BUCKET: lambda: [("bucket", partial(provision.create_bucket, os.environ))],
    Part.DATABASES: _databases,
}
