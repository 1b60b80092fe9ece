"""Files at web addresses, asked for again only where they changed (ETag, Last-Modified)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from covid_core import proxies
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Candidate, Unavailable
from covid_producer.sources.spool import Spool

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
LONGEST_SECONDS: Final = 600.0
"""For one file, its redirects and headers among them, however slowly its bytes drip in: `TIMEOUT` is of each
byte that is waited for. asyncio can end a wait from outside, which blocking sockets cannot."""

_NOT_MODIFIED: Final = 304
_REDIRECTS: Final = 5
_GZIP: Final = "gzip"
_CHUNK: Final = 1024 * 1024


class _Answer(NamedTuple):
    candidate: Candidate | None
    """None where the file has not changed."""
    condition: dict[str, str]


class Web:
    """One or more addresses that belong together."""

    def __init__(self, urls: Sequence[str], allowed: Allowed, *, name: str | None = None) -> None:
        """`name`: what people call the addresses together. Raises `Unavailable` for one that may not be
        asked."""
        for url in urls:
            allowed.check_url(url)
        self._allowed = allowed
        self._urls = tuple(urls)
        self._name = name or ", ".join(urls)
        self._conditions: dict[str, dict[str, str]] = {}

    @property
    def name(self) -> str:
        """The name given, else the addresses."""
        return self._name

    def poll(self) -> list[Candidate]:
        """The files that changed, and with them the others of the same folder."""
        return asyncio.run(self._poll())

    async def _poll(self) -> list[Candidate]:
        async with self._client() as client:
            answers = {url: await self._get(client, url, self._conditions.get(url, {})) for url in self._urls}
            folders = {answer.candidate.folder for answer in answers.values() if answer.candidate}
            for url, answer in answers.items():
                if answer.candidate is None and _folder(url) in folders:
                    answers[url] = await self._get(client, url, {})
        self._conditions = {url: answer.condition for url, answer in answers.items()}
        return [answer.candidate for answer in answers.values() if answer.candidate]

    def _client(self) -> httpx.AsyncClient:
        try:
            return httpx.AsyncClient(
                timeout=TIMEOUT,
                follow_redirects=True,
                max_redirects=_REDIRECTS,
                headers={"Accept-Encoding": _GZIP},
                # Asked again before each redirect is followed, which may lead into the network behind us.
                event_hooks={"request": [self._allowed.check_hop]},
            )
        except (ImportError, ValueError) as error:  # of a proxy by SOCKS
            raise Unavailable(f"{self._name} cannot be reached: {proxies.objection(os.environ)}") from error

    def again(self, candidate: Candidate) -> None:
        """Ask for the file without conditions."""
        self._conditions.pop(candidate.name, None)

    def unsettled(self) -> bool:
        """Never: a web server gives whole files."""
        return False

    async def _get(self, client: httpx.AsyncClient, url: str, condition: dict[str, str]) -> _Answer:
        spool = Spool(url)
        try:
            async with (
                asyncio.timeout(LONGEST_SECONDS),
                client.stream("GET", url, headers=condition) as response,
            ):
                if response.status_code == _NOT_MODIFIED:
                    return _Answer(None, condition)
                response.raise_for_status()
                if response.url.scheme == "http" and url.startswith("https:"):
                    raise Unavailable(f"{url} leads to an address without TLS; is the address right?")
                async for chunk in _decoded(url, response):
                    spool.add(chunk)
        except TimeoutError:
            raise Unavailable(
                f"{url} took longer than {LONGEST_SECONDS:.0f} s; is the network slow?"
            ) from None
        except httpx.HTTPStatusError as error:
            status = f"{error.response.status_code} {error.response.reason_phrase}".strip()
            raise Unavailable(f"{url} answers {status}; is the address right?") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f"{url} cannot be reached ({reason}); is there a network?") from error
        candidate = Candidate(url, _folder(url), True, spool.open)
        return _Answer(candidate, _condition(response))


def _decoded(url: str, response: httpx.Response) -> AsyncIterator[bytes]:
    """The content. Each layer of compression multiplies by up to a thousand: one, which was asked for, is
    within what a `Spool` refuses, more are an attack."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", _GZIP):
        raise Unavailable(f"{url} is sent in the coding {coding[:40]!r}, which nobody asked for")
    return response.aiter_bytes(_CHUNK)


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
