"""Runs that archives of classes are recorded from: the real broker and the real stream, for a minute.

What a JVM has not loaded when it ends is not in its archive, so the run goes through what a start goes
through: topics, records, and the stream with its workers and its state store.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psutil
from confluent_kafka import KafkaException, Producer

from covid_cli import provision
from covid_cli.errors import UserError
from covid_cli.stack import classes, config, spark
from covid_cli.stack.part import Part
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.services import STREAM, stream
from covid_cli.stack.supervisor import Supervisor
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.environment import load
from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_core.settings import KafkaSettings
from covid_process.signer import Signer

_WRITING_SECONDS = 180.0
_FOLLOWING_SECONDS = 120.0
_POLL = 0.2
_DAYS = 40


def record(
    java: Path,
    folders: Mapping[str, Path],
    archives: Mapping[str, Path],
    missing: Iterable[str],
    say: Callable[[str], None],
) -> list[str]:
    """Record the archives that are named in `missing`. Returns the names of those that were not written.

    `archives` are those of all `classes.JVMS`; `folders` are of jars, by the name of their group. Raises
    `UserError` when the run fails.
    """
    recordings = {name: classes.Recording(archives[name]) for name in missing}
    options = {
        name: recordings[name].options if name in recordings else classes.use(archive)
        for name, archive in archives.items()
    }
    with tempfile.TemporaryDirectory(prefix="covid-warm-", ignore_cleanup_errors=True) as folder:
        _run(Path(folder), java, folders, options, say)
    return [name for name, recording in recordings.items() if not recording.keep()]


def _run(
    home: Path,
    java: Path,
    folders: Mapping[str, Path],
    options: Mapping[str, tuple[str, ...]],
    say: Callable[[str], None],
) -> None:
    ports = fresh(DEFAULTS)
    environment = {
        **config.environment(home, ports, config.Credentials.make(), folders["spark"]),
        **spark.environment(java, options[STREAM]),
    }
    servers = [kafka(java, folders["kafka"], home, ports, recording=options["kafka"])]
    services = [stream(environment, ports)]
    supervisor = Supervisor(home / "logs")
    with ExitStack() as cleanup:
        cleanup.callback(lambda: supervisor.stop([_names(services), _names(servers)]))
        supervisor.add(replace(part, stop_seconds=_WRITING_SECONDS) for part in (*servers, *services))
        say("Starting the broker.")
        supervisor.start(_names(servers))
        try:
            provision.create_topics(environment)
            kafka_settings = load(KafkaSettings, environment, lambda path: Path(path).read_text())
            connection = kafka_settings.librdkafka(Signer())
            _publish(Producer(connection), kafka_settings.partitions)
            say("Starting the stream.")
            supervisor.start(_names(services))
            _until_followed(Positions(connection))
        except KafkaException as error:
            raise UserError(f"The broker started but did not do its work: {error}.") from error
        say("Writing the archives.")
        # The stream is a Python process whose JVM ends, and writes, after it.
        jvms = _children(supervisor, STREAM)
        supervisor.watched[STREAM].ask_to_stop()
        psutil.wait_procs(jvms, timeout=_WRITING_SECONDS)


def _names(parts: Iterable[Part]) -> list[str]:
    """The names of parts."""
    return [part.name for part in parts]


def _publish(producer: Producer, partitions: int) -> None:
    day = dt.date(2021, 1, 1)
    for region in ("CA", "CA-ON", "CA-QC"):
        for number in range(_DAYS):
            date = day + dt.timedelta(number)
            value = encode(Record(source="phac", region=region, date=date, confirmed=100 + number))
            place = partition_of(region, partitions)
            producer.produce(topics.RECORDS, value, key=region.encode(), partition=place)
    producer.flush(_FOLLOWING_SECONDS)


def _until_followed(positions: Positions) -> None:
    """Wait until the stream has finished the records."""
    deadline = time.monotonic() + _FOLLOWING_SECONDS
    while True:
        ends = positions.ends(topics.RECORDS)
        if positions.committed(topics.STREAM_GROUP, topics.RECORDS, list(ends)) == ends:
            return
        if time.monotonic() > deadline:
            raise UserError(f"the stream did not finish {topics.RECORDS} within {_FOLLOWING_SECONDS:.0f} s.")
        time.sleep(_POLL)


def _children(supervisor: Supervisor, name: str) -> list[psutil.Process]:
    process = supervisor.watched[name].process
    return [] if process is None else psutil.Process(process.pid).children(recursive=True)
