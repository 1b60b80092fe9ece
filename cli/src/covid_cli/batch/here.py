"""What a job finds on AWS, on this machine: S3 and control planes, for as long as a command runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from covid_cli import provision
from covid_cli.signals import ended_once
from covid_cli.stack.config import Credentials, variables
from covid_cli.stack.part import Part
from covid_cli.stack.ports import DEFAULTS, HOST, fresh
from covid_cli.stack.servers.moto import moto, url
from covid_cli.stack.servers.seaweedfs import seaweedfs
from covid_cli.stack.supervisor import Supervisor
from covid_core.environment import variable
from covid_core.settings import GlueSettings, PipelineSettings, S3Settings

Plane = type[PipelineSettings] | type[GlueSettings]
"""Settings of a service whose control plane the emulator has."""


@contextmanager
def environment(environ: Mapping[str, str], plane: Plane = PipelineSettings) -> Iterator[dict[str, str]]:
    """The environment, completed: SeaweedFS with a bucket and moto's server where no setting names another.

    The servers' data goes with them. Raises `UserError`.
    """
    own: dict[str, str] = {}
    parts: list[Part] = []
    with (
        ended_once(),
        tempfile.TemporaryDirectory(prefix="covid-batch-", ignore_cleanup_errors=True) as folder,
    ):
        home = Path(folder)
        ports = fresh(["moto", *(name for name in DEFAULTS if name.startswith(("s3", "seaweedfs")))])
        if not environ.get(variable(S3Settings, "endpoint")):
            secrets = Credentials.make()
            key, secret = secrets.s3_access_key, secrets.s3_secret_key
            parts.append(seaweedfs(home, ports, key, secret))
            own |= variables(
                S3Settings(endpoint=f"http://{HOST}:{ports['s3']}", access_key=key, secret_key=secret)
            )
        if not environ.get(variable(plane, "endpoint")):
            parts.append(moto(ports))
            # It takes any credentials, but a client signs with some.
            own |= variables(plane(endpoint=url(ports), access_key="covid", secret_key="covid"))  # noqa: S106
        supervisor = Supervisor(home / "logs")
        try:
            supervisor.launch(parts)
            completed = {**environ, **own}
            if variable(S3Settings, "endpoint") in own:
                provision.create_bucket(completed)
            yield completed
        finally:
            supervisor.stop([[part.name for part in parts]])
