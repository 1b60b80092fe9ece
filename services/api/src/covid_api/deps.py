"""What the routes need, given by the composition root."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from covid_api.alerts import Alerts
from covid_api.auth import Keys
from covid_api.findings import Findings
from covid_api.gallery import Gallery
from covid_api.generations import Generations
from covid_api.history import History
from covid_api.limiter import Limiter
from covid_api.live.hub import Hub
from covid_api.nowcasting import Nowcasts
from covid_api.past import Past
from covid_api.pipeline import Pipeline
from covid_api.reader import RowReader
from covid_api.telemetry import Telemetry
from covid_api.waiting import Closing
from covid_api.writer import LogWriter


class Access(NamedTuple):
    """Who may ask without a key, and from where. `origins`: of other sites whose pages may read."""

    open_reads: bool
    origins: Sequence[str]


class Deps(NamedTuple):
    """The parts of the service. `now` gives the time, aware and in UTC."""

    reader: RowReader
    generations: Generations
    gallery: Gallery
    hub: Hub
    writer: LogWriter
    keys: Keys
    limiter: Limiter
    pipeline: Pipeline
    history: History
    past: Past
    findings: Findings
    nowcasts: Nowcasts
    alerts: Alerts
    telemetry: Telemetry
    closing: Closing
    access: Access
    now: Callable[[], dt.datetime]


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


Parts = Annotated[Deps, Depends(_deps)]
