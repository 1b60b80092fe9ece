"""`covid kafka`: Kafka's own command-line tools, pointed at the stack of a home."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from covid_cli import home as homes
from covid_cli import settings
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.stack import jars, pins
from covid_cli.stack.java import find_java
from covid_core.environment import variable
from covid_core.settings import KafkaSettings


class Tool(StrEnum):
    """The tools, by the names of their scripts in Kafka's distribution (`kafka-NAME.sh`)."""

    CONSOLE_PRODUCER = "console-producer"
    CONSOLE_CONSUMER = "console-consumer"
    TOPICS = "topics"
    CONSUMER_GROUPS = "consumer-groups"
    GET_OFFSETS = "get-offsets"


_CLASSES = {
    Tool.CONSOLE_PRODUCER: "org.apache.kafka.tools.ConsoleProducer",
    Tool.CONSOLE_CONSUMER: "org.apache.kafka.tools.consumer.ConsoleConsumer",
    Tool.TOPICS: "org.apache.kafka.tools.TopicCommand",
    Tool.CONSUMER_GROUPS: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    Tool.GET_OFFSETS: "org.apache.kafka.tools.GetOffsetShell",
}


def command(
    context: typer.Context,
    tool: Annotated[Tool, typer.Argument(help="Which of Kafka's tools.")],
    home: Home = None,
) -> None:
    """Run one of Kafka's own tools, e.g. covid kafka console-producer --topic covid.records."""
    _, state = homes.running(home)
    pinned = pins.pinned("kafka")
    folder = jars.folder_of(settings.read().cache_folder, pinned)
    if not folder.is_dir():
        raise UserError(f"{folder} is gone: `covid up` fetches Kafka's jars again.")
    bootstrap = state.environment[variable(KafkaSettings, "bootstrap")]
    java = str(find_java())
    start = (java, "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=ERROR", "-cp", f"{folder}/*", _CLASSES[tool])
    os.execv(java, [*start, "--bootstrap-server", bootstrap, *context.args])  # noqa: S606
