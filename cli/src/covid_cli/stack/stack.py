"""The embedded stack of one home: servers first, then what they need to hold, then our services."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from covid_cli import provision
from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.stack import classes, config, disk, jars, spark, state
from covid_cli.stack.java import find_java
from covid_cli.stack.part import Part
from covid_cli.stack.ports import DEFAULTS, choose, until_free
from covid_cli.stack.process import kill_families
from covid_cli.stack.servers.dynamodb import dynamodb
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.servers.postgres import postgres, url
from covid_cli.stack.servers.seaweedfs import seaweedfs
from covid_cli.stack.services import STREAM, services
from covid_cli.stack.state import Child, StackState
from covid_cli.stack.supervisor import Supervisor

_LEFTOVER_SECONDS = 10.0


class Stack:
    """One stack. Holds its home from `__init__` to `stop`."""

    def __init__(
        self,
        home: Path,
        settings: CliSettings,
        ports: dict[str, int] | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """`ports` are preferences over the last run's; `say` is told what differs from what was asked.

        Raises `UserError` when another stack holds the home or the disk is nearly full.
        """
        self.home = home.expanduser().absolute()
        self._settings = settings
        self._say = say
        self._lock = state.lock(self.home)
        self.supervisor = Supervisor(self.home / "logs", self._save)
        try:
            disk.check(self.home)
            self.state = state.read(self.home) or StackState(credentials=config.Credentials.make())
            self._end_leftovers()
            self._choose_ports(ports or {})
        except BaseException:
            self._lock.close()
            raise

    def _end_leftovers(self) -> None:
        """End what a supervisor that was killed left running: two brokers must not share a folder."""
        children = {name: child.process() for name, child in self.state.parts.items()}
        left = {name: process for name, process in children.items() if process is not None}
        for name in left:
            self._say(f"{name} was left running by a stack that was killed; it is stopped now.")
        if left:
            kill_families(left.values(), _LEFTOVER_SECONDS)
            # Threads of a killed process hold its files and ports for a moment after it shows as ended.
            until_free(self.state.ports.values(), _LEFTOVER_SECONDS)
        self.state.parts = {}

    def _choose_ports(self, preferred: dict[str, int]) -> None:
        wanted = {**DEFAULTS, **self.state.ports, **preferred}

        def told(name: str, port: int, chosen: int) -> None:
            self._say(f"Port {port} ({name}) is taken: {chosen} is used instead.")

        self.state.ports = choose(wanted, told)

    def prepare(self, download: jars.Download) -> None:
        """Find Java and fetch what is missing of the jars. Raises `UserError`."""
        java = find_java()
        folders = jars.present(self._settings.cache_folder, self._settings.maven_repo, download)
        archives = classes.archives(self._settings.cache_folder, java, folders)
        secrets, ports = self.state.credentials, self.state.ports
        self.servers: list[Part] = [
            kafka(java, folders["kafka"], self.home, ports, options=classes.use(archives["kafka"])),
            dynamodb(java, folders["dynamodb"], self.home, ports),
            postgres(self.home, ports, secrets.postgres_password),
            seaweedfs(self.home, ports, secrets.s3_access_key, secrets.s3_secret_key),
        ]
        self.state.environment = {
            **config.environment(self.home, ports, secrets, folders["spark"]),
            **spark.environment(java, classes.use(archives["stream"])),
        }
        self.services = services(self.state.environment, ports)
        self._save()

    def begin_slowest(self) -> None:
        """Begin with Spark, which takes longest to come up and needs nobody until then."""
        slowest = [part for part in self.services if part.name == STREAM]
        self.supervisor.add(slowest)
        self.supervisor.begin(part.name for part in slowest)

    def start_servers(self) -> None:
        """Start the servers and create topics, bucket and databases. Raises `UserError`."""
        self.supervisor.launch(self.servers)
        environment = self.state.environment
        server_url = url(self.state.ports, self.state.credentials.postgres_password, "postgres")
        try:
            provision.create_databases(server_url, config.DATABASES)
            provision.create_topics(environment)
            provision.create_bucket(environment)
        except (psycopg.Error, KafkaException, ClientError, BotoCoreError) as error:
            raise UserError(
                f"The servers started but could not be set up ({error}): see {self.home / 'logs'}."
            ) from error

    def start_services(self) -> None:
        """Start our services, as far as they have not begun. Raises `UserError`."""
        self.supervisor.add(part for part in self.services if part.name not in self.supervisor.watched)
        self.supervisor.start(part.name for part in self.services)

    def serving(self) -> None:
        """Say to others that the stack is complete."""
        self.state.serving = True
        self._save()

    def stop(self) -> None:
        """Stop everything, services before servers, within 15 seconds; the data stays."""
        names = list(self.supervisor.watched)
        servers = {part.name for part in getattr(self, "servers", ())}
        self.supervisor.stop(
            (
                [name for name in names if name not in servers],
                [name for name in names if name in servers],
            )
        )
        self.state.supervisor, self.state.serving = None, False
        self.state.parts = {}
        # Where the disk is full, the state of before stays: its processes have ended, as their ids tell.
        with suppress(OSError):
            state.write(self.home, self.state)
        self._lock.close()

    def _save(self) -> None:
        self.state.supervisor = Child.of(os.getpid())
        running = {name: Child.of(pid) for name, pid in self.supervisor.running().items()}
        self.state.parts = {name: child for name, child in running.items() if child is not None}
        try:
            state.write(self.home, self.state)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise UserError(
                    f"The disk of {self.home} is full: free some space and start again."
                ) from error
            raise
