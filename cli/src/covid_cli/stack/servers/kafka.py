"""Apache Kafka: one process that is both broker and controller (KRaft)."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, accepts
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command
from covid_cli.stack.servers.jvm import FRUGAL
from covid_cli.stack.servers.properties import escaped


def _properties(data: Path, ports: Mapping[str, int]) -> str:
    broker, controller = f"{HOST}:{ports['kafka']}", f"{HOST}:{ports['kafka-controller']}"
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
listeners=PLAINTEXT://{broker},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={escaped(str(data))}
auto.create.topics.enable=false
num.partitions=1
# One broker: nothing to replicate to, and nobody to wait for.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Committed positions outlive a stack that is stopped for a year.
offsets.retention.minutes=525600
"""


def _cluster_id() -> str:
    """A random cluster id in Kafka's own form."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def healthy(ports: Mapping[str, int]) -> Callable[[], bool]:
    """A check that the broker answers."""

    def check() -> bool:
        if not accepts(ports["kafka"]):  # librdkafka would log every refused connection
            return False
        try:
            client = AdminClient({"bootstrap.servers": f"{HOST}:{ports['kafka']}", "log_level": 0})
            return bool(client.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    return check


def kafka(
    java: Path,
    jars: Path,
    home: Path,
    ports: Mapping[str, int],
    *,
    options: tuple[str, ...] = (),
    recording: tuple[str, ...] = (),
) -> Part:
    """The broker, its data in `home`; `options` are further ones of its JVM.

    `recording` are those of the broker alone: the tool that lays out its disk would write an archive, too.
    """
    data, config = home / "kafka" / "data", home / "kafka" / "server.properties"
    base = (str(java), *FRUGAL, *options, "-cp", f"{jars}/*", "-Dlog4j2.level=WARN")

    def prepare() -> None:
        data.mkdir(parents=True, exist_ok=True)
        config.write_text(_properties(data, ports), encoding="ascii")
        if not (data / "meta.properties").exists():
            format_command = (
                *base,
                "kafka.tools.StorageTool",
                "format",
                # One word: an id that begins with a dash would pass for an option.
                f"--cluster-id={_cluster_id()}",
                "-c",
                str(config),
            )
            answer = subprocess.run(format_command, check=False, capture_output=True, text=True)
            if answer.returncode:
                raise UserError(f"Kafka could not lay out {data}: {answer.stderr.strip()[-300:]}")

    command = Command((*base, *recording, "-Xms256m", "-Xmx512m", "kafka.Kafka", str(config)))
    return Part("kafka", command, healthy(ports), prepare)
