"""`covid init`: what a deployment must hold before its services start. Repeating it changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from covid_cli import provision
from covid_cli.errors import UserError
from covid_core.environment import SettingsError, load
from covid_core.settings import IcebergSettings, RdsSettings, RedshiftSettings


def command(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: what is there, as JSON.")] = False,
) -> None:
    """Make the topics, the bucket and the databases that the settings (COVID_…) name and that are missing.

    Tables are made by the sinks. Exit codes: 0 all there, 1 something could not be made.
    """
    there = []
    try:
        for what, make in _steps():
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


def _steps() -> list[tuple[str, Callable[[], None]]]:
    def read(path: str) -> str:
        return Path(path).read_text(encoding="utf-8")

    urls = {
        "catalog database": load(IcebergSettings, os.environ, read).uri,
        "RDS database": load(RdsSettings, os.environ, read).url,
        "Redshift database": load(RedshiftSettings, os.environ, read).url,
    }
    databases = [(what, partial(provision.create_database, url)) for what, url in urls.items() if url]
    return [
        ("topics", partial(provision.create_topics, os.environ)),
        ("bucket", partial(provision.create_bucket, os.environ)),
        *databases,
    ]
