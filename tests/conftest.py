"""Fixtures that every kind of test may use.

The servers of the embedded stack, for contract and integration tests:

    def test_something(stack: Servers) -> None:
        boto3.client("dynamodb", endpoint_url=stack.dynamodb.endpoint, ...)
        psycopg.connect(stack.postgres_url("rds"))
        load(S3Settings, stack.settings, ...)                    # as a service would see it
        subprocess.run([...], env={**os.environ, **stack.settings})   # a service as a process

They are started once a process of the run, when its first test asks, on free ports and in a folder that is
removed, and they are real: topics of `covid_core.topics`, the bucket and the databases `rds`, `redshift`
and `catalog` exist. Tests share them, so a test takes names of its own (a table, a key prefix, a topic, a
database made by `stack.new_database()`), or cleans up. None of our services runs.

To use servers that already run (quicker while writing tests), set COVID_TEST_HOME to the home of a stack
started by `covid up --home DIR --no-publish`.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

from covid_cli import settings
from covid_cli.provision import create_databases
from covid_cli.stack import state
from covid_cli.stack.config import Credentials
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.servers import postgres
from covid_cli.stack.stack import Stack


def pytest_configure() -> None:
    """Let SIGTERM end the run like Ctrl-C does, so that fixtures stop what they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class _ServersApart(LoadScopeScheduling):
    """Gives all that starts whole systems to one process, which runs one test after another.

    `make test` runs two: the other takes what asks one service at a time, on servers of its own, then file
    after file of the batch jobs that start a cluster of theirs or none, and then what needs no servers. A
    scheduler, since `--dist loadgroup` has no effect with pytest 9.2
    (https://github.com/pytest-dev/pytest-xdist/issues/1386). Scopes are handed out by the number of their
    tests, the largest first.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_WITHOUT_SERVERS):
            return nodeid
        if nodeid.startswith(_BY_FILE):
            return nodeid.partition("::")[0]
        return "services" if nodeid.startswith(_SERVICES) else "systems"


_WITHOUT_SERVERS = ("tests/unit/", "tests/manifests/")
_BY_FILE = tuple(f"tests/integration/batch/{name}" for name in ("emr/", "test_local", "test_pipeline"))
_SERVICES = tuple(
    f"tests/integration/{folder}/" for folder in ("alerts", "api", "cli", "producer", "sinks", "stack")
)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _ServersApart(config, log)


@dataclass(frozen=True)
class S3:
    """What an S3 client needs."""

    endpoint: str
    key: str
    secret: str
    region: str
    bucket: str


@dataclass(frozen=True)
class Dynamo:
    """What a DynamoDB client needs."""

    endpoint: str
    key: str
    secret: str
    region: str


@dataclass(frozen=True)
class Servers:
    """The running servers."""

    ports: dict[str, int]
    credentials: Credentials
    settings: dict[str, str]
    """Environment variables that make a service of ours use them."""

    @property
    def kafka_bootstrap(self) -> str:
        """host:port of the broker."""
        return self.settings["COVID_KAFKA_BOOTSTRAP"]

    @property
    def s3(self) -> S3:
        """SeaweedFS."""
        endpoint = self.settings["COVID_S3_ENDPOINT"]
        secrets = self.credentials
        return S3(endpoint, secrets.s3_access_key, secrets.s3_secret_key, "ca-central-1", "covid-lake")

    @property
    def dynamodb(self) -> Dynamo:
        """DynamoDB Local."""
        return Dynamo(self.settings["COVID_DYNAMODB_ENDPOINT"], "covid", "covid", "ca-central-1")

    def postgres_url(self, database: str) -> str:
        """The URL of a database, as psycopg takes it."""
        return postgres.url(self.ports, self.credentials.postgres_password, database)

    def new_database(self) -> str:
        """Create an empty database; its URL."""
        name = f"test_{uuid4().hex[:12]}"
        create_databases(self.postgres_url("postgres"), (name,))
        return self.postgres_url(name)


def _running(home: str) -> Servers:
    found = state.read(Path(home))
    assert found is not None, f"COVID_TEST_HOME={home} holds no stack"
    return Servers(found.ports, found.credentials, found.environment)


@pytest.fixture(scope="session")
def stack(embedded: Servers) -> Servers:
    """The servers that a test runs on: the embedded ones, unless a folder's conftest says otherwise."""
    return embedded


@pytest.fixture(scope="session")
def embedded() -> Iterator[Servers]:
    """The servers of the embedded stack; see the top of this file."""
    if home := os.environ.get("COVID_TEST_HOME"):
        yield _running(home)
        return
    with tempfile.TemporaryDirectory(prefix="covid-test-", ignore_cleanup_errors=True) as folder:
        embedded = Stack(Path(folder), settings.read(), fresh(DEFAULTS))
        try:
            embedded.prepare(lambda size: lambda received: None)
            embedded.start_servers()
            yield Servers(embedded.state.ports, embedded.state.credentials, embedded.state.environment)
        finally:
            embedded.stop()
