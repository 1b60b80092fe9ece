"""The stores of docker-compose.yml, each in a container of its own, by testcontainers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import psycopg
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from covid_cli.provision import create_bucket, create_databases
from tests.containers.images import of_service

SECONDS: Final = 60
SECRET: Final = "of-this-test"

# Who cleans up after a killed test run is an image of its own, which not every machine can have.
testcontainers_config.ryuk_disabled = True


@dataclass(frozen=True)
class Servers:
    """The running servers."""

    settings: dict[str, str]
    """Environment variables that make a service of ours use them."""


@contextmanager
def started() -> Iterator[Servers]:
    """Start PostgreSQL, DynamoDB Local and SeaweedFS; stop them at the end."""
    with ExitStack() as running:
        postgres = _container("postgres", 5432).with_env("POSTGRES_PASSWORD", SECRET)
        dynamodb = _container("dynamodb", 8000).with_command("-jar DynamoDBLocal.jar -sharedDb -inMemory")
        seaweedfs = (
            _container("seaweedfs", 8333)
            .with_env("AWS_ACCESS_KEY_ID", "covid")
            .with_env("AWS_SECRET_ACCESS_KEY", SECRET)
            .with_command("server -dir=/data -ip.bind=0.0.0.0 -master.volumeSizeLimitMB=64 -s3")
        )
        for container in (postgres, dynamodb, seaweedfs):
            running.enter_context(container)
        server = f"postgresql://postgres:{SECRET}@127.0.0.1:{postgres.get_exposed_port(5432)}"
        settings = {
            "COVID_DYNAMODB_ENDPOINT": f"http://127.0.0.1:{dynamodb.get_exposed_port(8000)}",
            "COVID_DYNAMODB_ACCESS_KEY": "covid",
            "COVID_DYNAMODB_SECRET_KEY": "covid",
            "COVID_S3_ENDPOINT": f"http://127.0.0.1:{seaweedfs.get_exposed_port(8333)}",
            "COVID_S3_ACCESS_KEY": "covid",
            "COVID_S3_SECRET_KEY": SECRET,
            "COVID_ICEBERG_URI": f"{server.replace(':', '+psycopg:', 1)}/catalog",
            "COVID_RDS_URL": f"{server}/rds",
            "COVID_REDSHIFT_URL": f"{server}/redshift",
        }
        _until(lambda: create_databases(f"{server}/postgres", ("catalog", "rds", "redshift")), psycopg.Error)
        endpoint = settings["COVID_S3_ENDPOINT"]
        _until(lambda: httpx.get(f"{endpoint}/healthz", trust_env=False).raise_for_status(), httpx.HTTPError)
        create_bucket(settings)
        _until(lambda: httpx.get(settings["COVID_DYNAMODB_ENDPOINT"], trust_env=False), httpx.HTTPError)
        yield Servers(settings)


def _container(service: str, port: int) -> DockerContainer:
    return DockerContainer(of_service(service)).with_exposed_ports(port)


def _until(done: Callable[[], object], not_yet: type[Exception]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            done()
            return
        except not_yet:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
