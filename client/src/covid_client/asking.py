"""Sends requests, waits where the API asks to wait, and makes its problems exceptions."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from covid_client.errors import Unreachable, problem_of

_WORTH_WAITING: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

Parameters = Mapping[str, Any]
"""Of a query; None is left out, a list is repeated."""

Get = Callable[[str, Parameters], httpx.Response]
"""A path and its query to the answer."""


class Patience:
    """How long one call waits in total, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def wait(self, seconds: float) -> bool:
        """Sleep; False at once where that would take longer than is left."""
        if time.monotonic() + seconds > self._deadline:
            return False
        time.sleep(seconds)
        return True


class Asking:
    """Requests over one pool of connections."""

    def __init__(self, http: httpx.Client, patience: float) -> None:
        """`patience`: most seconds that a call waits in total where it is told to."""
        self._http = http
        self.patience = patience

    def get(self, path: str, parameters: Parameters) -> httpx.Response:
        """An answer, read. Raises `Problem` or `Unreachable`."""
        return self.ask("GET", path, parameters)

    def ask(
        self, method: str, path: str, parameters: Parameters, content: Any = None, wait: float = 0
    ) -> httpx.Response:
        """An answer, read. `content` is sent as JSON; `wait`: seconds that the API itself takes longer.

        Raises `Problem` or `Unreachable`.
        """
        limits = self._http.timeout
        timeout = httpx.Timeout(limits.connect, read=None if limits.read is None else limits.read + wait)
        body = {} if content is None else {"json": content}
        query = _given(parameters)
        return self._sent(self._http.build_request(method, path, params=query, timeout=timeout, **body))

    def open(
        self, path: str, parameters: Parameters, headers: Mapping[str, str], silence: float
    ) -> httpx.Response:
        """An answer that goes on, to be closed. `silence`: seconds without a byte after which it is lost.

        Raises `Problem` or `Unreachable`.
        """
        timeout = httpx.Timeout(self._http.timeout.connect, read=silence)
        query = _given(parameters)
        request = self._http.build_request("GET", path, params=query, headers=headers, timeout=timeout)
        return self._sent(request, stream=True)

    def _sent(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        patience = Patience(self.patience)
        while True:
            try:
                answer = self._http.send(request, stream=stream)
                if answer.is_success:
                    return answer
                answer.read()
            except httpx.RequestError as error:
                raise _lost(request.url, error) from error
            pause = _pause(answer)
            if pause is None or not patience.wait(pause):
                raise problem_of(answer)


def json_of(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises `Unreachable` for what is none."""
    try:
        return answer.json()
    except ValueError as error:
        raise Unreachable(f"{answer.url} does not answer in JSON: is it the API's address?") from error


def _lost(url: httpx.URL, error: httpx.RequestError) -> Unreachable:
    """What a connection that failed is told as."""
    return Unreachable(f"{url} cannot be asked ({type(error).__name__}: {error}): does the API run there?")


def _given(parameters: Parameters) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _pause(answer: httpx.Response) -> float | None:
    """Seconds until asking again makes sense; None where it does not (RFC 9110, 10.2.3)."""
    told = answer.headers.get("Retry-After")
    if told is None or answer.status_code not in _WORTH_WAITING:
        return None
    if told.isdecimal():
        return float(told)
    try:
        left = parsedate_to_datetime(told) - dt.datetime.now(dt.UTC)
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None
    return max(0.0, left.total_seconds())
