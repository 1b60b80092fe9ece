"""`python -m covid_sinks dynamodb|s3|rds|redshift`: keep one store up to date. The composition root.

`python -m covid_sinks maintain` is another program, in the same image: see `covid_sinks.maintain`.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec
from confluent_kafka import KafkaException

from covid_core import topics
from covid_core.environment import SettingsError, load
from covid_core.settings import (
    DynamoSettings,
    IcebergSettings,
    KafkaSettings,
    LogSettings,
    RdsSettings,
    RedshiftSettings,
    S3Settings,
    SinkSettings,
)
from covid_process import lag, login, logs, probes, tracing
from covid_process.signer import Signer
from covid_sinks.contract import Sink, Transient
from covid_sinks.counters import Counters
from covid_sinks.handlers import ArchiveHandler, ControlHandler, Handler, MetricsHandler
from covid_sinks.log import AnotherLog, Log
from covid_sinks.refusals import Refusals

logger = logging.getLogger("covid_sinks")

ARCHIVE_SECONDS: Final = 2.0
"""How long the archive gathers: every commit is a file, and nobody waits for it."""
ARCHIVE_MESSAGES: Final = 20_000

S = TypeVar("S", bound=msgspec.Struct)


def _settings(kind: type[S]) -> S:
    return load(kind, os.environ, lambda path: Path(path).read_text())


class Store(NamedTuple):
    """A sink of `covid.metrics`, and what its process does besides. `topic_id`: of a topic, where the store
    keeps its own positions."""

    sink: Sink
    others: Sequence[Handler] = ()
    topic_id: Callable[[str], str] | None = None


def _dynamodb(_: Log) -> Store:
    from covid_sinks.dynamodb import DynamoSink

    return Store(DynamoSink(_settings(DynamoSettings), lambda: dt.datetime.now(dt.UTC)))


def _s3(log: Log) -> Store:
    from covid_sinks.iceberg.archive import IcebergArchive
    from covid_sinks.iceberg.lake import Lake
    from covid_sinks.iceberg.metrics import IcebergSink

    iceberg, s3 = _settings(IcebergSettings), _settings(S3Settings)
    archive = IcebergArchive(Lake(iceberg, s3), lambda: log.topic_id(topics.RECORDS))
    return Store(IcebergSink(Lake(iceberg, s3)), [ArchiveHandler(archive)], log.topic_id)


def _rds(_: Log) -> Store:
    from covid_sinks.sql.build import rds

    return Store(rds(_settings(RdsSettings)))


def _redshift(_: Log) -> Store:
    from covid_sinks.sql.build import redshift

    return Store(redshift(_settings(RedshiftSettings), _settings(S3Settings)))


STORES: Final[dict[str, Callable[[Log], Store]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "rds": _rds,
    "redshift": _redshift,
}


def _committed(broker: lag.Broker) -> dict[int, int]:
    """How far the sink has finished `covid.metrics`, by partition. Raises `Transient`."""
    try:
        done = broker.committed(broker.places([topics.METRICS]))
    except KafkaException as error:
        raise Transient(f"committed offsets cannot be read: {error}") from error
    return {partition: offset for (_, partition), offset in done.items()}


async def _run(store: str) -> None:
    from covid_sinks.runner import Route, Runner

    settings, kafka = _settings(SinkSettings), _settings(KafkaSettings)
    sign = Signer()
    login.require(kafka.librdkafka(sign))
    counters, log = Counters(store), Log(kafka.librdkafka(sign))
    group = topics.sink_group(store, settings.group_suffix)
    sink, others, topic_id = STORES[store](log)
    refusals = Refusals(settings.refusal_limit, counters.held)
    metrics = MetricsHandler(sink, counters, refusals, topic_id)
    broker = lag.Broker(kafka.librdkafka(sign), group)
    control = ControlHandler(metrics.drop_before, lambda: _committed(broker))
    handlers: list[Handler] = [metrics, *others, control]
    limits = {topics.RECORDS: (ARCHIVE_MESSAGES, ARCHIVE_SECONDS)}
    ordinary = (settings.batch_messages, settings.batch_seconds)
    routes = [Route(handler, *limits.get(handler.topic, ordinary)) for handler in handlers]
    runner = Runner(
        group=group,
        instance=settings.instance,
        kafka=kafka,
        sign=sign,
        routes=routes,
        counters=counters,
        topic_ids=log.topic_ids,
    )
    server = probes.serve(
        settings.http_host,
        settings.http_port,
        alive=lambda: runner.alive,
        ready=lambda: runner.ready,
        registry=counters.registry,
    )
    logger.info("%s: health and metrics on port %d", store, server.server_port)
    names = [handler.topic for handler in handlers]
    lag.Lag(broker, group, names, registry=counters.registry).watch()
    await runner.run()


def main() -> int:
    """Run until a signal; 0 after one, 2 for wrong settings, 1 after any other failure."""
    if sys.argv[1:2] == ["maintain"]:
        from covid_sinks import maintain

        return maintain.main(sys.argv[2:])
    parser = argparse.ArgumentParser(
        prog="covid_sinks", description="Keep one store up to date with the log."
    )
    parser.add_argument("store", choices=sorted(STORES))
    arguments = parser.parse_args()
    service = f"covid-sink-{arguments.store}"
    try:
        logs.configure(service, _settings(LogSettings).format)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    flush_spans = tracing.configure(service, os.environ)
    try:
        asyncio.get_event_loop_policy().new_event_loop().run_until_complete(_run(arguments.store))
    except SettingsError as error:
        logger.error("%s", error)
        return 2
    except (AnotherLog, login.LoginRefused) as error:
        logger.error("%s", error)
        return 1
    except BaseException:
        logger.exception("%s: ended by a failure; it goes on from its last commit", arguments.store)
        return 1
    finally:
        flush_spans()
    logger.info("%s: stopped", arguments.store)
    return 0


if __name__ == "__main__":
    status = main()
    # Threads that wait for a store that is down, and Faust's own, must not hold the process up.
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)
