"""What the routes need, given by the composition root."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from covid_api.auth import WriteKeys
from covid_api.gallery import Gallery
from covid_api.live.hub import Hub
from covid_api.pipeline import Pipeline
from covid_api.reader import RowReader
from covid_api.telemetry import Telemetry
from covid_api.waiting import Closing
from covid_api.writer import LogWriter


class Deps(NamedTuple):
    """The parts of the service. `now` gives the time, aware and in UTC."""

    reader: RowReader
    gallery: Gallery
    hub: Hub
    writer: LogWriter
    keys: WriteKeys
    pipeline: Pipeline
    telemetry: Telemetry
    closing: Closing
    now: Callable[[], dt.datetime]


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


Parts = Annotated[Deps, Depends(_deps)]
