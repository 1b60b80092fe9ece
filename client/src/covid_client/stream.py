"""Rows as they change: `GET /v1/stream`, taken up again where it broke off."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import httpx

from covid_client.answers import Row
from covid_client.asking import Asking, Parameters, Patience
from covid_client.errors import Problem, Unreachable
from covid_client.events import Event, events

SILENCE_SECONDS: Final = 45.0
"""Without a byte for so long a stream is lost: the API sends a comment every 15 s."""

_RETRY_SECONDS: Final = 2.0
"""Until the API says how long to wait before connecting again."""


@dataclass(frozen=True)
class Changed:
    """A row as it stands now, with all columns."""

    row: Row


@dataclass(frozen=True)
class Deleted:
    """A row that is no more."""

    source: str
    region: str
    date: str
    revision: int
    generation: int


@dataclass(frozen=True)
class Reset:
    """Changes are lost: read `Client.metrics` again. The stream goes on.

    `reason` is for programs (`too-far-back`, `unknown-position`, `too-slow`, `log-changed`), `detail` for
    people.
    """

    reason: str
    detail: str


Live = Changed | Deleted | Reset


class Stream(Iterator[Live]):
    """An open stream, to be closed; a context manager. Iterating blocks until something changes.

    Some rows come twice: a new stream begins with the last 10 seconds, and one that is taken up may repeat.
    Of two rows of a key the one with the greater (`generation`, `revision`) stands. So open the stream first,
    then read `Client.metrics`, and nothing is missing.

    A connection that is lost is opened again by itself. Iterating raises `Unreachable` once that has failed
    for as long as the client's `patience`, and `Problem` where the API refuses it.
    """

    def __init__(self, asking: Asking, parameters: Parameters, last_event_id: str | None) -> None:
        """Opens it. Raises `Problem` (422 for an unknown region, 503 when too many listen), `Unreachable`."""
        self._asking = asking
        self._parameters = parameters
        self._retry = _RETRY_SECONDS
        self.last_event_id = last_event_id
        """Where it stands: what goes on there later misses nothing that was not yet taken from this one."""
        self._answer = self._open()
        self._changes = self._forever()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __next__(self) -> Live:
        return next(self._changes)

    def close(self) -> None:
        """Let the connection go; iterating ends."""
        self._changes.close()
        self._answer.close()

    def _open(self) -> httpx.Response:
        headers = {"Accept": "text/event-stream"}
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = self.last_event_id
        return self._asking.open("/v1/stream", self._parameters, headers, SILENCE_SECONDS)

    def _forever(self) -> Generator[Live, None, None]:
        while True:
            yield from self._connected()
            self._answer = self._reopened()

    def _connected(self) -> Iterator[Live]:
        """Everything until the connection is lost or the API stops."""
        received = events(self._answer.iter_bytes())
        while True:
            try:
                event = next(received, None)
            except httpx.RequestError:
                event = None
            if event is None:
                self._answer.close()
                return
            if event.retry is not None:
                self._retry = event.retry / 1000
            yield from _changes(event)
            # Only now: whoever keeps it while the rows of an event are being taken gets them again.
            if event.id is not None:
                self.last_event_id = event.id

    def _reopened(self) -> httpx.Response:
        patience = Patience(self._asking.patience)
        failure: Exception | None = None
        while patience.wait(self._retry):
            try:
                return self._open()
            except Unreachable as error:
                failure = error
            except Problem as error:
                # A server on its way up, or a proxy before one that is not up yet.
                if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                failure = error
        raise Unreachable("The stream broke off and could not be opened again.") from failure


def _changes(event: Event) -> Iterator[Live]:
    if event.kind == "rows":
        content = json.loads(event.data)
        yield from (Changed(row) for row in content["data"])
        yield from (_deleted(row) for row in content["deleted"])
    elif event.kind == "reset":
        content = json.loads(event.data)
        yield Reset(content["reason"], content["detail"])


def _deleted(row: Row) -> Deleted:
    return Deleted(row["source"], row["region"], row["date"], row["revision"], row["generation"])
