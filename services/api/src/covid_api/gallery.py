"""Charts as they were drawn last, one drawn at a time, off the event loop."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import msgspec

from covid_api.items import Values
from covid_api.problems import Problem
from covid_charts.words import Language
from covid_core.rows import Column, Row

KEPT: Final = 64
"""Drawings kept, the last used; about 100 KB each."""

WAITING: Final = 16
"""Most drawings begun or waiting at once; each takes about 0.3 s."""


class Drawing(NamedTuple):
    """An image, and the ETag that is its content's."""

    content: bytes
    etag: str


class Wanted(NamedTuple):
    """What a chart is to show, and how. `form`: png or svg."""

    rows: Sequence[Values]
    columns: Sequence[Column]
    metric: str
    form: str
    language: Language

    @property
    def key(self) -> bytes:
        """The same for the same picture."""
        content = msgspec.json.encode((self.metric, self.form, self.language, self.rows))
        return hashlib.sha256(content).digest()


class Gallery:
    """Draws what was not drawn lately. For use on one event loop."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # matplotlib draws one at a time, whatever the number of threads.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="charts")
        self._drawings: OrderedDict[bytes, asyncio.Future[Drawing]] = OrderedDict()

    async def drawing(self, wanted: Wanted) -> Drawing:
        """The chart of at least one row. Raises 503 while too many are waiting."""
        key = wanted.key
        drawing = self._drawings.get(key)
        if drawing is None:
            drawing = self._begin(key, wanted)
        self._drawings.move_to_end(key)
        # Others may wait for the same one: who goes away does not take it from them.
        return await asyncio.shield(drawing)

    def close(self) -> None:
        """Begin no other drawing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self, key: bytes, wanted: Wanted) -> asyncio.Future[Drawing]:
        if sum(not drawing.done() for drawing in self._drawings.values()) >= WAITING:
            raise Problem(503, "Too many charts are being drawn.", code="busy", headers={"Retry-After": "2"})
        drawing = asyncio.get_running_loop().run_in_executor(self._thread, _draw, wanted)
        self._drawings[key] = drawing
        drawing.add_done_callback(lambda done: self._forget_failed(key, done))
        while len(self._drawings) > self._kept:
            self._drawings.popitem(last=False)
        return drawing

    def _forget_failed(self, key: bytes, done: asyncio.Future[Drawing]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._drawings.pop(key, None)


def _draw(wanted: Wanted) -> Drawing:
    # matplotlib takes 0.5 s and 50 MB to import; only who wants charts pays for it.
    from covid_charts.chart import Format, figure  # noqa: PLC0415

    rows = [_row(values, wanted.columns) for values in wanted.rows]
    content = figure(rows, wanted.metric, Format(wanted.form), wanted.language)
    return Drawing(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _row(values: Values, columns: Sequence[Column]) -> Row:
    cells: dict[str, Any] = {column.name: cell for column, cell in zip(columns, values, strict=True)}
    cells["date"] = dt.date.fromisoformat(cells["date"])
    return Row(**{name: cell for name, cell in cells.items() if cell is not None})
