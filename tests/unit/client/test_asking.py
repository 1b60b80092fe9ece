"""What is waited for and what is told at once, where a real server cannot be made to say it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from email.utils import format_datetime

import httpx
import pytest

from covid_client import Client, Problem, Unreachable

Answers = Callable[[httpx.Request], httpx.Response]
SOURCES = {"data": []}


def client(*answers: httpx.Response | Exception, patience: float = 30.0) -> Client:
    """A client of a server that gives these answers, and no further one."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return Client("http://covid", patience=patience, transport=httpx.MockTransport(answer))


def refused(status: int, **headers: str) -> httpx.Response:
    document = {"type": "urn:covid-tracker:problem:busy", "title": "-", "status": status, "detail": "Later."}
    return httpx.Response(status, json=document, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_it_waits_as_long_as_it_is_told() -> None:
    soon = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1), usegmt=True)
    covid = client(
        refused(429, retry_after="1"), refused(503, retry_after=soon), httpx.Response(200, json=SOURCES)
    )
    begun = time.monotonic()
    assert covid.sources() == []
    assert 1 <= time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "answer",
    [
        refused(503, retry_after="3600"),
        refused(503),
        refused(503, retry_after="presently"),
        refused(503, retry_after="Wed, 21 Oct 2015 07:28:00 -0000"),
        refused(409, retry_after="0"),
    ],
)
def test_what_takes_too_long_or_gives_no_time_is_told_at_once(answer: httpx.Response) -> None:
    begun = time.monotonic()
    with pytest.raises(Problem, match=r"^Later\.$") as caught:
        client(answer).sources()
    assert time.monotonic() - begun < 5
    assert (caught.value.status, caught.value.code) == (answer.status_code, "busy")


def test_waiting_ends_with_the_patience_for_the_call_as_a_whole() -> None:
    with pytest.raises(Problem):
        client(*[refused(429, retry_after="1")] * 3, patience=1.5).sources()


def test_a_write_that_was_put_off_is_sent_again_with_its_body() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        if len(bodies) == 1:
            return refused(429, retry_after="0")
        return httpx.Response(202, json={"id": "a:CA:2021-01-02"})

    covid = Client("http://covid", transport=httpx.MockTransport(answer))
    covid.post({"source": "a"})
    assert bodies == [b'{"source":"a"}'] * 2


def test_a_page_of_a_proxy_is_told_by_its_status() -> None:
    with pytest.raises(Problem, match="http://covid/v1/sources answered 502 Bad Gateway") as caught:
        client(httpx.Response(502, text="<h1>Bad Gateway</h1>")).sources()
    assert caught.value.code is None


def test_what_is_no_api_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="is it the API's address"):
        client(httpx.Response(200, text="<h1>Welcome</h1>")).sources()
    with pytest.raises(Unreachable, match="ReadTimeout"):
        client(httpx.ReadTimeout("slow")).sources()


@pytest.mark.parametrize("choice", [{"region": []}, {"fields": ()}])
def test_choosing_nothing_is_not_choosing_all(choice: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="None stands for all"):
        client().metrics(**choice)  # type: ignore[arg-type]
