"""Files at web addresses, asked for again only where they changed (ETag, Last-Modified)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from covid_producer.sources.base import Candidate, Unavailable
from covid_producer.sources.spool import Spool

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_NOT_MODIFIED: Final = 304


class _Answer(NamedTuple):
    candidate: Candidate | None
    """None where the file has not changed."""
    condition: dict[str, str]


class Web:
    """One or more addresses that belong together."""

    def __init__(self, urls: Sequence[str], *, name: str | None = None) -> None:
        """`name`: what people call the addresses together."""
        self._urls = tuple(urls)
        self._name = name or ", ".join(urls)
        self._conditions: dict[str, dict[str, str]] = {}

    @property
    def name(self) -> str:
        """The name given, else the addresses."""
        return self._name

    def poll(self) -> list[Candidate]:
        """The files that changed, and with them the others of the same folder."""
        with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
            answers = {url: self._get(client, url, self._conditions.get(url, {})) for url in self._urls}
            folders = {answer.candidate.folder for answer in answers.values() if answer.candidate}
            for url, answer in answers.items():
                if answer.candidate is None and _folder(url) in folders:
                    answers[url] = self._get(client, url, {})
        self._conditions = {url: answer.condition for url, answer in answers.items()}
        return [answer.candidate for answer in answers.values() if answer.candidate]

    def again(self, candidate: Candidate) -> None:
        """Ask for the file without conditions."""
        self._conditions.pop(candidate.name, None)

    def unsettled(self) -> bool:
        """Never: a web server gives whole files."""
        return False

    def _get(self, client: httpx.Client, url: str, condition: dict[str, str]) -> _Answer:
        try:
            with client.stream("GET", url, headers=condition) as response:
                if response.status_code == _NOT_MODIFIED:
                    return _Answer(None, condition)
                response.raise_for_status()
                spool = Spool(url, response.iter_bytes())
        except httpx.HTTPStatusError as error:
            status = f"{error.response.status_code} {error.response.reason_phrase}".strip()
            raise Unavailable(f"{url} answers {status}; is the address right?") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f"{url} cannot be reached ({reason}); is there a network?") from error
        candidate = Candidate(url, _folder(url), True, spool.open)
        return _Answer(candidate, _condition(response))


def _condition(response: httpx.Response) -> dict[str, str]:
    """Headers that ask for the file only where it is another than this one."""
    given = {
        "If-None-Match": response.headers.get("etag"),
        "If-Modified-Since": response.headers.get("last-modified"),
    }
    return {name: value for name, value in given.items() if value}


def _folder(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{PurePosixPath(parts.path).parent}"
