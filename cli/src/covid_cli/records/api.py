"""The API of a running stack, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from covid_cli.errors import UserError
from covid_cli.home import known
from covid_cli.progress import telling
from covid_cli.stack.ports import HOST

_CONNECT_SECONDS: Final = 3.0
_ANSWER_SECONDS: Final = 30.0


class Api:
    """The API of the stack in one home. Every method raises `UserError` with what the API says is wrong."""

    def __init__(self, home: Path | None) -> None:
        """`home` as given by `--home`."""
        self._home, found = known(home)
        self._client = httpx.Client(
            base_url=f"http://{HOST}:{found.ports['api']}",
            headers={"Authorization": f"Bearer {found.credentials.write_key}"},
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,  # a proxy is for other machines, and must not see the key
        )

    def stream(self, path: str, parameters: Mapping[str, Any]) -> Iterator[bytes]:
        """The bytes of an answer as they come."""
        with self._explained(), self._client.stream("GET", path, params=_given(parameters)) as answer:
            if answer.is_error:
                answer.read()
            _check(answer)
            yield from answer.iter_bytes()

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The JSON of an answer."""
        with self._explained(), telling(f"asking {self._client.base_url.host}"):
            answer = self._client.get(path, params=_given(parameters))
        _check(answer)
        return answer.json()

    def delete(self, path: str, parameters: Mapping[str, Any], wait: float) -> httpx.Response:
        """The answer to a deletion that waits up to `wait` seconds."""
        timeout = httpx.Timeout(wait + _ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        with self._explained(), telling("waiting until DynamoDB shows it"):
            answer = self._client.delete(path, params=_given({**parameters, "wait": wait}), timeout=timeout)
        _check(answer)
        return answer

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise UserError(
                f"No API answers at {self._client.base_url}: start it with `covid up --home {self._home}`."
            ) from None
        except httpx.TransportError as error:
            raise UserError(f"The API's answer broke off ({error}): try again.") from error


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _check(answer: httpx.Response) -> None:
    if not answer.is_error:
        return
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"the API answered {answer.status_code}"
    raise UserError(str(detail))
