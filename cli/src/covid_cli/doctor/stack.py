"""The stack of one home: its ports, its parts, its stores, how far they are, and what was refused."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from covid_cli import lag, settings
from covid_cli.dlq.choice import TOPICS
from covid_cli.dlq.letters import standing
from covid_cli.doctor.finding import Finding, Level
from covid_cli.doctor.machine import holders
from covid_cli.errors import UserError
from covid_cli.stack import health, state
from covid_cli.stack.ports import DEFAULTS, is_free
from covid_cli.stack.state import StackState
from covid_cli.status.collect import connection
from covid_cli.up.arrivals import counters
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_process.topic import BrokerSilent

LAG_SECONDS: Final = 3.0
"""After which a reader that is behind should have come nearer."""


def read(home: Path) -> tuple[StackState | None, Finding | None]:
    """The state of a home, or what is wrong with it."""
    try:
        return state.read(home), None
    except UserError as error:
        return None, Finding("stack", Level.WRONG, str(error))
    except OSError as error:
        return None, Finding("stack", Level.WRONG, f"{home} cannot be read: {error.strerror}.")


def runs(found: StackState | None) -> bool:
    """Whether the stack runs now."""
    return found is not None and found.supervisor is not None and found.supervisor.process() is not None


def check(home: Path, found: StackState | None) -> Iterator[Finding]:
    """Everything about the stack of a home."""
    if found is None or not runs(found):
        yield from _stopped(home, found)
        return
    healthy = health.check(found)
    yield from _parts(home, found, healthy)
    yield from _stores(home, found)
    if healthy["kafka"]:
        yield from _log(home, found)


def _stopped(home: Path, found: StackState | None) -> Iterator[Finding]:
    yield _ports({**DEFAULTS, **(found.ports if found else {})})
    left = [name for name, child in (found.parts if found else {}).items() if child.process() is not None]
    if left:
        sentence = f"A stack that was killed left {', '.join(left)} running: `covid down` ends that."
        yield Finding("stack", Level.WARNING, sentence)
    elif found is None:
        yield Finding("stack", Level.OK, f"None has been started in {home}: `covid up` starts one.")
    else:
        yield Finding("stack", Level.OK, f"That in {home} does not run: `covid up` goes on with its data.")


def _ports(wanted: Mapping[str, int]) -> Finding:
    taken = {name: port for name, port in wanted.items() if not is_free(port)}
    if not taken:
        return Finding("ports", Level.OK, f"All {len(wanted)} are free.")
    by = holders(taken.values())
    held = defaultdict(list)
    for name, port in taken.items():
        held[by.get(port, "somebody else")].append(f"{port} ({name})")
    each = "; ".join(f"{holder} has {', '.join(those)}" for holder, those in held.items())
    return Finding("ports", Level.WARNING, f"{each}: end it, or `covid up` takes others and says which.")


def _parts(home: Path, found: StackState, healthy: Mapping[str, bool]) -> Iterator[Finding]:
    down = [name for name, well in healthy.items() if not well]
    for name in down:
        if found.serving:
            yield Finding(name, Level.WRONG, f"It does not answer: {_log_of(home, name)} says why.")
        else:
            yield Finding(name, Level.WARNING, "It does not answer yet, and the stack is starting: wait.")
    if not down:
        yield Finding("parts", Level.OK, f"All {len(healthy)} are healthy.")


def _stores(home: Path, found: StackState) -> Iterator[Finding]:
    for name, count in counters(found.environment).items():
        try:
            # DynamoDB counts its lists of regions too.
            things = "items" if name == "dynamodb" else "rows"
            yield Finding(f"store {name}", Level.OK, f"It answers, with {count():,} {things}.")
        except (psycopg.Error, BotoCoreError, ClientError, KeyError, ValueError) as error:
            reason = f"It cannot be read ({str(error).partition(chr(10))[0] or type(error).__name__})"
            if found.serving:
                sentence = f"{reason}: {_log_of(home, f'sink-{name}')} says why."
                yield Finding(f"store {name}", Level.WRONG, sentence)
            else:
                yield Finding(f"store {name}", Level.WARNING, f"{reason}, and the stack is starting: wait.")


def _log(home: Path, found: StackState) -> Iterator[Finding]:
    connected = connection(found)
    positions = Positions(connected)
    try:
        yield from _lag(home, positions, settings.group_suffix(found.environment))
        for kind, topic in TOPICS.items():
            yield _refused(connected, positions, kind, topic)
    except (KafkaException, BrokerSilent, LookupError) as error:
        yield Finding(
            "log", Level.WRONG, f"The broker broke off ({error}): {_log_of(home, 'kafka')} says why."
        )


def _lag(home: Path, positions: Positions, suffix: str) -> Iterator[Finding]:
    before = lag.behind(positions, suffix)
    if any(before.values()):
        time.sleep(LAG_SECONDS)
    after = lag.behind(positions, suffix) if any(before.values()) else before
    if not any(after.values()):
        yield Finding("lag", Level.OK, "No reader is behind.")
    for (group, topic), count in after.items():
        if not count:
            continue
        about, behind = f"lag {group} {topic}", f"It is {count:,} messages behind"
        if count < before[group, topic]:
            yield Finding(about, Level.OK, f"{behind} and catches up.")
        else:
            where = _log_of(home, _part(group, suffix))
            yield Finding(
                about, Level.WARNING, f"{behind} and came no nearer in {LAG_SECONDS:.0f} s: see {where}."
            )


def _part(group: str, suffix: str) -> str:
    """The part that reads for a consumer group, whose log tells why it does not."""
    sinks = {topics.sink_group(name, suffix): f"sink-{name}" for name in topics.SINKS}
    return {topics.STREAM_GROUP: "stream", topics.ALERTS_GROUP: "alerts", **sinks}[group]


def _refused(connected: Mapping[str, object], positions: Positions, kind: str, topic: str) -> Finding:
    letters = standing(connected, topic, positions.ends(topic))
    if not letters:
        return Finding(f"refused {kind}", Level.OK, "None.")
    newest = max(letters.values(), key=lambda one: one.at)
    why = f": {newest.letter.reason.rstrip('.')}" if newest.letter else ""
    return Finding(
        f"refused {kind}",
        Level.WARNING,
        f"{len(letters):,} stand, the last since {newest.at:%Y-%m-%d %H:%M:%S} UTC{why}; "
        f"`covid dlq list --of {kind}` shows all.",
    )


def _log_of(home: Path, part: str) -> Path:
    return home / "logs" / f"{part}.log"
