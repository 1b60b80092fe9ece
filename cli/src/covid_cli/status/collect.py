"""Gathers what `covid status` tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import KafkaException

from covid_cli import lag, settings
from covid_cli.stack import health
from covid_cli.stack.state import Child, StackState
from covid_cli.status import connect
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.environment import load
from covid_core.settings import KafkaSettings
from covid_process.signer import Signer
from covid_process.topic import BrokerSilent


def collect(home: Path, state: StackState) -> dict[str, Any]:
    """Everything, as plain values for JSON. Memory is the proportional share (PSS where the system tells it),
    in bytes."""
    supervisor = state.supervisor.process() if state.supervisor else None
    healthy = health.check(state)
    found: dict[str, Any] = {
        "home": str(home),
        "running": supervisor is not None,
        "serving": supervisor is not None and state.serving,
        "pid": supervisor.pid if supervisor else None,
        "parts": {name: _part(healthy[name], state.parts.get(name)) for name in healthy},
        "kafka": connect.kafka(state),
        "api": connect.api(state),
        "stores": connect.stores(state.environment),
        "lag": None,
        "dead_letters": None,
    }
    if supervisor is not None:
        found["memory"] = memory(supervisor)
    if healthy["kafka"]:
        found |= _log(state)
    return found


def _part(healthy: bool, child: Child | None) -> dict[str, Any]:
    process = child.process() if child else None
    return {
        "healthy": healthy,
        "pid": process.pid if process else None,
        "memory": memory(process) if process else 0,
    }


def memory(process: psutil.Process) -> int:
    """Bytes that a process and its descendants take, shared pages counted once over all who share them."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for one in family:
        try:
            whole = one.memory_full_info()
            total += getattr(whole, "pss", whole.uss)
        except psutil.Error:
            continue  # it has ended, or belongs to another user
    return total


def connection(state: StackState) -> dict[str, Any]:
    """Connection properties of librdkafka for the stack's broker."""
    kafka = load(KafkaSettings, state.environment, lambda path: Path(path).read_text())
    return kafka.librdkafka(Signer())


def _log(state: StackState) -> dict[str, Any]:
    connected = connection(state)
    positions = Positions(connected)
    try:
        behind = lag.behind(positions, settings.group_suffix(state.environment))
        return {
            "lag": [
                {"group": group, "topic": topic, "behind": count} for (group, topic), count in behind.items()
            ],
            "dead_letters": {
                topic: lag.dead_letters(connected, positions, topic)
                for topic in (topics.RECORDS_DLQ, topics.METRICS_DLQ)
            },
        }
    except (KafkaException, BrokerSilent, LookupError):
        return {}  # the broker is on its way up or down
