"""The servers and services that are measured, started by the embedded stack's own code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.row import folder
from covid_cli import provision, settings
from covid_cli.stack import classes, config, jars, java, services, spark
from covid_cli.stack.part import Part
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.servers import postgres
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.stack import Stack
from covid_cli.stack.supervisor import Supervisor
from covid_core.environment import load, variable
from covid_core.settings import KafkaSettings, StreamSettings

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Servers:
    """Servers that run; `environment` makes a service of ours use them."""

    home: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    password: str
    """PostgreSQL's."""

    def settings(self, kind: type[S]) -> S:
        """One group of settings, as a service would see it."""
        return load(kind, self.environment, read)

    def postgres_url(self, database: str) -> str:
        """The URL of a database."""
        return postgres.url(self.ports, self.password, database)

    @property
    def kafka(self) -> dict[str, object]:
        """librdkafka's connection properties."""
        return {"bootstrap.servers": self.settings(KafkaSettings).bootstrap, "log_level": 0}

    @contextmanager
    def running(self, part: Part) -> Iterator[int]:
        """One service more, healthy, until the block ends; its process id. Raises `UserError`.

        It yields to nobody here, as its reference does not: priorities are for many services on few cores.
        """
        supervisor = Supervisor(self.home / "logs")
        supervisor.add([replace(part, command=replace(part.command, yields=False))])
        try:
            supervisor.start([part.name])
            yield supervisor.running()[part.name]
        finally:
            supervisor.stop([[part.name]])

    def sink(self, name: str, **more: str) -> Part:
        """A sink as a service; `more` are variables of its own."""
        return services.sink(name, {**self.environment, **more}, self.ports)

    def api(self, **more: str) -> Part:
        """The API as a service."""
        return services.api({**self.environment, **more}, self.ports)

    def stream(self, **more: str) -> Part:
        """The stream as a service."""
        return services.stream({**self.environment, **more}, self.ports)


def read(path: str) -> str:
    """What the settings' `…_FILE` names."""
    return Path(path).read_text(encoding="utf-8")


@contextmanager
def servers() -> Iterator[Servers]:
    """All servers of the embedded stack, in a folder that is removed; none of our services."""
    with folder() as home:
        stack = Stack(home, settings.read(), fresh(DEFAULTS))
        try:
            stack.prepare(lambda size: lambda received: None)
            stack.start_servers()
            state = stack.state
            yield Servers(home, state.ports, state.environment, state.credentials.postgres_password)
        finally:
            stack.stop()


@contextmanager
def broker(**more: str) -> Iterator[Servers]:
    """Kafka alone with its topics, and what a stream on it needs; `more` is added to the environment."""
    given = settings.read()
    found = java.find_java()
    folders = jars.present(given.cache_folder, given.maven_repo, lambda size: lambda received: None)
    archives = classes.archives(given.cache_folder, found, folders)
    with folder() as home, ExitStack() as cleanup:
        ports, secrets = fresh(DEFAULTS), config.Credentials.make()
        environment = {
            **config.environment(home, ports, secrets, folders["spark"]),
            **spark.environment(found, classes.use(archives["stream"])),
            **more,
        }
        part = kafka(found, folders["kafka"], home, ports, options=classes.use(archives["kafka"]))
        supervisor = Supervisor(home / "logs")
        cleanup.callback(lambda: supervisor.stop([[part.name]]))
        supervisor.launch([part])
        provision.create_topics(environment)
        yield Servers(home, ports, environment, secrets.postgres_password)


def cores(count: int) -> dict[str, str]:
    """Variables of a stream that works on so many cores, and keeps its state in as many parts."""
    return {
        variable(StreamSettings, "master"): f"local[{count}]",
        variable(StreamSettings, "shuffle_partitions"): str(count),
    }


@contextmanager
def everything() -> Iterator[Stack]:
    """The whole embedded stack, serving, as `covid up --no-publish` has it."""
    with folder() as home:
        stack = Stack(home, settings.read(), fresh(DEFAULTS))
        try:
            stack.prepare(lambda size: lambda received: None)
            stack.begin_slowest()
            stack.start_servers()
            stack.start_services()
            stack.serving()
            yield stack
        finally:
            stack.stop()
