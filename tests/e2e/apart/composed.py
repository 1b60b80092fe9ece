"""The system of docker-compose.yml, as a project of its own on free ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
from confluent_kafka import Producer
from testcontainers.compose import DockerCompose

from covid_cli.stack.ports import fresh
from covid_cli.status import connect
from tests.containers.images import ROOT
from tests.e2e.stores import Reader, Row, everywhere, readers

UP_SECONDS: Final = 180
"""From `up` to everything healthy, once the images are built."""
BUILD_SECONDS: Final = 1_500
PORTS: Final = ("API", "KAFKA", "DYNAMODB", "S3", "POSTGRES")
KEY: Final = "of-this-test"
PASSWORD: Final = "of-this-test-too"


class Composed:
    """Starts, asks and stops the compose project by Compose's command line."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.ports = fresh(PORTS)
        environment = {
            "COMPOSE_PROJECT_NAME": f"covid-test-{os.getpid()}",
            "COVID_DATA_DIR": str(data),
            "COVID_API_WRITE_KEYS": KEY,
            "COVID_POSTGRES_PASSWORD": PASSWORD,
            "COVID_S3_SECRET_KEY": PASSWORD,
            **{f"COVID_{name}_PORT": str(port) for name, port in self.ports.items()},
        }
        file = folder / "env"
        file.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
        self._compose = DockerCompose(ROOT, env_file=str(file), docker_command_path="docker")
        self._environ = {**_clean(), **_plugin(folder)}

    def __call__(
        self, *arguments: str, seconds: float = 120, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Compose; it must succeed."""
        done = subprocess.run(
            [*self._compose.docker_compose_command(), *arguments],
            cwd=ROOT, env=self._environ, input=given, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def build(self) -> None:
        """Build our own images."""
        self("build", "--quiet", seconds=BUILD_SECONDS)

    def up(self) -> None:
        """Start, or start again what has ended, and wait until everything is healthy."""
        self("up", "--wait", "--wait-timeout", str(UP_SECONDS), seconds=UP_SECONDS + 60)

    def down(self) -> None:
        """Stop and forget everything, the volumes too."""
        self("--profile", "*", "down", "--volumes", "--timeout", "15")

    def logs(self) -> str:
        """The last lines of every service."""
        return self("logs", "--tail", "40").stdout

    def services(self) -> list[str]:
        """All that run now."""
        return self("ps", "--services", "--status", "running").stdout.split()

    def verify(self) -> Any:
        """What `covid verify` reports: equal, or the test fails."""
        done = self("run", "--rm", "covid", "verify", "--json", "--wait", "240", seconds=400)
        return json.loads(done.stdout)

    def push(self, record: Mapping[str, Any]) -> None:
        """One line through Kafka's own console producer, in Kafka's own container."""
        tool = ("/opt/kafka/bin/kafka-console-producer.sh", "--bootstrap-server", "kafka:9092")
        self("exec", "-T", "kafka", *tool, "--topic", "covid.records", given=json.dumps(record) + "\n")

    def send(self, record: Mapping[str, Any]) -> None:
        """One line by a client outside, in a tenth of the time; the broker has it at the end."""
        producer = Producer(
            {"bootstrap.servers": f"127.0.0.1:{self.ports['KAFKA']}", "broker.address.family": "v4"}
        )
        producer.produce("covid.records", json.dumps(record).encode())
        # On a busy machine a broker that was just killed may need as long as at its first start.
        assert producer.flush(UP_SECONDS) == 0, self("logs", "--tail", "60", "kafka").stdout

    @cached_property
    def api(self) -> httpx.Client:
        """A client of the API that may write."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports['API']}",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=30,
            trust_env=False,
        )

    @cached_property
    def stores(self) -> dict[str, Reader]:
        """Ordinary clients of the stores, from outside."""
        at = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        database = f"covid:{PASSWORD}@{at['POSTGRES']}"
        settings = {
            "COVID_DYNAMODB_ENDPOINT": f"http://{at['DYNAMODB']}",
            "COVID_DYNAMODB_ACCESS_KEY": "covid",
            "COVID_DYNAMODB_SECRET_KEY": "covid",
            "COVID_S3_ENDPOINT": f"http://{at['S3']}",
            "COVID_S3_ACCESS_KEY": "covid",
            "COVID_S3_SECRET_KEY": PASSWORD,
            "COVID_ICEBERG_URI": f"postgresql+psycopg://{database}/catalog",
            "COVID_RDS_URL": f"postgresql://{database}/rds",
            "COVID_REDSHIFT_URL": f"postgresql://{database}/redshift",
        }
        return readers(connect.stores(settings))

    def everywhere(self, key: tuple[str, str, str], holds: Callable[[Row | None], bool]) -> None:
        """Wait until the row of a key is as wanted in all four stores."""
        everywhere(self.stores, key, holds, seconds=60)


def _clean() -> dict[str, str]:
    """The environment without what this process was told about other stacks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVID_")}


def _plugin(folder: Path) -> dict[str, str]:
    """Compose out of the lock as a plugin of Docker, where Docker has none."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return {}
    plugins = folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(Path(sys.executable).with_name("docker-compose"))
    return {"DOCKER_CONFIG": str(plugins.parent)}
