"""A stack's servers through a kill -9 of whoever runs them, and an ordinary stop: nothing stored is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from covid_cli import settings
from covid_cli.errors import UserError
from covid_cli.stack import state
from covid_cli.stack.config import Credentials
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.servers import postgres
from covid_cli.stack.stack import Stack
from covid_core.topics import RECORDS

pytestmark = pytest.mark.integration

SUPERVISOR = """
import json, signal, sys
from pathlib import Path
from covid_cli import settings
from covid_cli.stack.stack import Stack

stack = Stack(Path(sys.argv[1]), settings.read(), json.loads(sys.argv[2]))
stack.prepare(lambda size: lambda received: None)
stack.start_servers()
print("up", flush=True)
signal.pause()
"""


class Stores:
    """Writes and reads a mark in every server."""

    def __init__(
        self, environment: Mapping[str, str], ports: Mapping[str, int], secrets: Credentials
    ) -> None:
        self.bootstrap = environment["COVID_KAFKA_BOOTSTRAP"]
        self.url = postgres.url(ports, secrets.postgres_password, "rds")
        common: dict[str, Any] = {"region_name": "ca-central-1"}
        self.s3 = boto3.client(
            "s3",
            endpoint_url=environment["COVID_S3_ENDPOINT"],
            aws_access_key_id=secrets.s3_access_key,
            aws_secret_access_key=secrets.s3_secret_key,
            **common,
        )
        self.dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=environment["COVID_DYNAMODB_ENDPOINT"],
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
            **common,
        )

    def write(self) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap, "acks": "all"})
        producer.produce(RECORDS, b"mark", partition=0)
        assert producer.flush(20) == 0
        with psycopg.connect(self.url) as connection:
            connection.execute("CREATE TABLE mark AS SELECT 'mark'::text AS word")
        self.s3.put_object(Bucket="covid-lake", Key="mark", Body=b"mark")
        self.dynamodb.create_table(
            TableName="mark",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.dynamodb.put_item(TableName="mark", Item={"pk": {"S": "mark"}})

    def read(self) -> list[str]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "test"})
        consumer.assign([TopicPartition(RECORDS, 0, 0)])
        message = consumer.poll(30)
        consumer.close()
        assert message is not None
        assert message.error() is None
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT word FROM mark").fetchone()
        assert row is not None
        item = self.dynamodb.get_item(TableName="mark", Key={"pk": {"S": "mark"}}, ConsistentRead=True)[
            "Item"
        ]
        return [
            (message.value() or b"").decode(),
            row[0],
            self.s3.get_object(Bucket="covid-lake", Key="mark")["Body"].read().decode(),
            item["pk"]["S"],
        ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_data_outlives_a_killed_and_a_stopped_stack(home: Path) -> None:
    argv = [sys.executable, "-c", SUPERVISOR, str(home), json.dumps(fresh(DEFAULTS))]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "up\n"
        first = state.read(home)
        assert first is not None
        Stores(first.environment, first.ports, first.credentials).write()
        with pytest.raises(UserError, match="already runs"):
            Stack(home, settings.read())
        os.kill(supervisor.pid, signal.SIGKILL)
    left = [child.process() for child in first.parts.values()]
    assert len(left) == 4
    assert all(left), "the servers outlive their supervisor"

    said: list[str] = []
    stack = Stack(home, settings.read(), say=said.append)
    try:
        assert sum("was left running" in sentence for sentence in said) == 4
        assert not any(child.process() for child in first.parts.values())
        stack.prepare(lambda size: lambda received: None)
        stack.start_servers()
        assert stack.state.credentials == first.credentials
        assert stack.state.ports == first.ports
        again = Stores(stack.state.environment, stack.state.ports, stack.state.credentials)
        assert again.read() == ["mark"] * 4
        pids = list(stack.supervisor.running().values())
    finally:
        started = time.monotonic()
        stack.stop()
        took = time.monotonic() - started
    assert took < 15
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not [
        path for port in first.ports.values() for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")
    ]
    after = state.read(home)
    assert after is not None
    assert after.parts == {}
    assert after.supervisor is None

    third = Stack(home, settings.read())
    try:
        third.prepare(lambda size: lambda received: None)
        third.start_servers()
        final = Stores(third.state.environment, third.state.ports, third.state.credentials)
        assert final.read() == ["mark"] * 4
    finally:
        third.stop()


def test_a_nearly_full_disk_is_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covid_cli.stack.disk.LEAST_DISK", 1 << 60)
    with pytest.raises(UserError, match=r"MB left .* free some space"):
        Stack(home, settings.read())
    state.lock(home).close()  # and the home was let go of
