"""`python -m covid_api`: reads the settings, builds the parts and serves until SIGTERM or SIGINT."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import sys
import time
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from covid_api.ahead import Room
from covid_api.alerts import Alerts
from covid_api.app import create_app
from covid_api.auth import Keys
from covid_api.deps import Access, Deps
from covid_api.dynamo import make_client
from covid_api.findings import Findings
from covid_api.gallery import Gallery
from covid_api.generations import Generations
from covid_api.history import History
from covid_api.limiter import Limiter
from covid_api.live.feed import Feed
from covid_api.live.hub import Hub
from covid_api.log_reader import LogReader
from covid_api.nowcasting import Nowcasts
from covid_api.past import Past
from covid_api.pipeline import Pipeline
from covid_api.reader import RowReader
from covid_api.region_log import RegionLog
from covid_api.telemetry import Telemetry
from covid_api.turn import Turn
from covid_api.verifications import Verifications
from covid_api.waiting import Closing
from covid_api.writer import LogWriter
from covid_core import topics
from covid_core.environment import SettingsError, load, variable
from covid_core.keys import BadList
from covid_core.settings import (
    ApiSettings,
    DynamoSettings,
    KafkaSettings,
    LogSettings,
    SerialIntervalSettings,
    SinkSettings,
)
from covid_process import login, logs, tracing
from covid_process.kept import KeptConsumer
from covid_process.lag import Broker
from covid_process.signer import Signer

SERVICE: Final = "covid-api"
"""Its name in logs and traces."""

REQUESTS_SECONDS: Final = 2
"""How long requests under way may take once the service is told to stop."""

FLUSH_SECONDS: Final = 2
FEED_SECONDS: Final = 2

PIPELINE_SECONDS: Final = 5.0
"""How long the broker may take to say how far a consumer group is."""

log = logging.getLogger("covid_api")


class _WithoutPandas(MetaPathFinder):
    """pyarrow imports pandas wherever it is installed, which costs 1 s and 57 MB and serves nobody here."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("the service does without pandas", name=fullname)


class _Server(uvicorn.Server):
    """Ends the waiting of callers as soon as a signal comes, so that stopping takes no longer than needed."""

    def __init__(self, config: uvicorn.Config, closing: Closing) -> None:
        super().__init__(config)
        self._closing = closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing.set()
        super().handle_exit(sig, frame)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def main() -> int:
    """Serve; 0 after a signal, 1 where the broker refuses the user, 2 for a wrong setting.

    uvicorn exits with 3 where the port is taken.
    """
    sys.meta_path.insert(0, _WithoutPandas())
    try:
        logs.configure(SERVICE, load(LogSettings, os.environ, _read_file).format, libraries=logging.INFO)
        kafka = load(KafkaSettings, os.environ, _read_file)
        dynamo = load(DynamoSettings, os.environ, _read_file)
        api = load(ApiSettings, os.environ, _read_file)
        interval = load(SerialIntervalSettings, os.environ, _read_file).interval
        suffix = load(SinkSettings, os.environ, _read_file).group_suffix
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        keys = Keys(api.write_keys, None if api.keys is None else Path(api.keys))
    except (BadList, OSError) as error:
        print(f"{variable(ApiSettings, 'keys')}: {api.keys} cannot be read: {error}", file=sys.stderr)
        return 2
    connection = kafka.librdkafka(Signer())
    try:
        login.require(connection)
    except login.LoginRefused as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    flush_spans = tracing.configure(SERVICE, os.environ)
    groups = {group: Broker(connection, group, PIPELINE_SECONDS) for group, _ in topics.readers(suffix)}
    telemetry, closing = Telemetry(), Closing()
    log_reader, turn = LogReader(connection, KeptConsumer), Turn()
    region_log = RegionLog(log_reader, Room())
    verifications = Verifications(LogReader(connection, KeptConsumer), telemetry.verified)
    deps = Deps(
        reader=RowReader(make_client(dynamo), dynamo.table),
        generations=Generations(LogReader(connection, KeptConsumer)),
        gallery=Gallery(),
        hub=Hub(Feed(connection), closing, telemetry, time.time, api.streams),
        writer=LogWriter(connection),
        keys=keys,
        limiter=Limiter(api.rate, api.burst, time.monotonic),
        pipeline=Pipeline(LogReader(connection, KeptConsumer), groups, verifications, _now, suffix),
        history=History(log_reader, turn),
        past=Past(region_log, turn, interval),
        findings=Findings(region_log, turn),
        nowcasts=Nowcasts(region_log, turn),
        alerts=Alerts(LogReader(connection, KeptConsumer)),
        telemetry=telemetry,
        closing=closing,
        access=Access(api.reads == "open", (api.cors_origins or "").split()),
        now=_now,
    )
    verifications.watch()
    if not keys.can_write():
        log.warning("no key may write (COVID_API_WRITE_KEYS, `covid keys create`): writes are refused")
    config = uvicorn.Config(
        create_app(deps),
        host=api.host,
        port=api.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_SECONDS,
        proxy_headers=api.proxies is not None,
        forwarded_allow_ips=api.proxies,
    )
    server = _Server(config, deps.closing)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has stopped: what is below must still run.
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    finally:
        deps.reader.close()
        deps.generations.close()
        deps.gallery.close()
        deps.pipeline.close()
        deps.history.close()
        deps.alerts.close()
        deps.hub.close(FEED_SECONDS)
        unsent = deps.writer.close(FLUSH_SECONDS)
        flush_spans()
    if unsent:
        log.error("%d records were not sent", unsent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
