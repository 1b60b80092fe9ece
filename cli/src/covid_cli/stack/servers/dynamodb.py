"""DynamoDB Local, its tables in a SQLite file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command
from covid_cli.stack.servers.jvm import FRUGAL

MAIN = "software.amazon.dynamodb.services.local.main.ServerRunner"


def healthy(ports: Mapping[str, int]) -> Callable[[], bool]:
    """A check that the server answers: 400, to a request without a signature."""
    return answers(f"http://{HOST}:{ports['dynamodb']}/", status=400)


def dynamodb(java: Path, jars: Path, home: Path, ports: Mapping[str, int]) -> Part:
    """The server; one database whatever the credentials and the region of a client."""
    data = home / "dynamodb"
    scratch = data / "tmp"

    def prepare() -> None:
        data.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)  # each start leaves a copy of its native library there
        scratch.mkdir()

    command = Command(
        (
            str(java),
            *FRUGAL,
            "-Xmx512m",
            f"-Djava.io.tmpdir={scratch}",
            f"-Dsqlite4java.library.path={jars}",
            "-cp",
            f"{jars}/*",
            MAIN,
            "-port",
            str(ports["dynamodb"]),
            "-dbPath",
            str(data),
            "-sharedDb",
            "-disableTelemetry",
        )
    )
    return Part("dynamodb", command, healthy(ports), prepare)
