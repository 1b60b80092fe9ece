"""An empty store, a sink that stopped, and a service that is away: every page says so in words."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from covid_core.environment import load
from covid_core.settings import DynamoSettings
from covid_sinks.dynamodb import DynamoSink
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import PAGES, Site
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

STUCK_MILLISECONDS = 40_000


@contextmanager
def service(system: System, **changes: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """An API of a test's own over the stack's servers: its address and its process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    env = {**os.environ, **system.environment(), **changes, "COVID_API_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "covid_api"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(url + "/healthz", trust_env=False).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield url, process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def empty_table(system: System) -> Iterator[str]:
    table = f"covid_empty_{uuid.uuid4().hex[:8]}"
    settings = load(
        DynamoSettings,
        {**system.environment(), "COVID_DYNAMODB_TABLE": table},
        lambda path: Path(path).read_text(),
    )
    sink = DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
    sink.open()
    sink.close()
    yield table


def test_an_empty_store(visiting: Open, system: System, empty_table: str) -> None:
    with service(system, COVID_DYNAMODB_TABLE=empty_table) as (url, _), visiting(url) as visit:
        for name, path in PAGES.items():
            page = visit.open(path)
            if name != "pipeline":
                expect(page.locator("main")).to_contain_text("There is no data yet")
            else:
                expect(page.locator(".state").first).to_be_visible()


def test_nothing_was_ever_verified(visiting: Open) -> None:
    with visiting(language="fr") as visit:

        def without(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "verified": []})

        visit.page.route("**/v1/pipeline", without)
        expect(visit.open("/pipeline").locator("main")).to_contain_text("Aucune n’a encore eu lieu")
        # The page asks again and again: an answer that is being changed now would fail the next test.
        visit.page.unroute_all(behavior="wait")


def test_a_store_that_is_not_there_yet(visiting: Open, system: System) -> None:
    with (
        service(system, COVID_DYNAMODB_TABLE="covid_nothing") as (url, _),
        visiting(url, language="fr") as visit,
    ):
        page = visit.open("/")
        expect(page.locator(".failure")).to_contain_text("covid_nothing does not exist yet")
        expect(page.get_by_role("button", name="Réessayer")).to_be_visible()
        visit.faults[:] = [fault for fault in visit.faults if "503" not in fault]


def test_the_service_goes_away_and_comes_back(visiting: Open, system: System) -> None:
    with service(system) as (url, process), visiting(url) as visit:
        page = visit.open("/region?region=CA-ON")
        process.kill()
        process.wait(10)
        expect(page.locator(".banner")).to_contain_text("The service does not answer", timeout=20_000)
        expect(page.locator("svg.chart").first).to_be_visible()
        expect(page.locator(".live")).to_have_text("Connecting…")
        for name in ("Canada", "Compare", "Sources", "Pipeline"):
            page.get_by_role("navigation").get_by_role("link", name=name).click()
            expect(page.locator(".failure, .figure").first).to_be_visible()
            expect(page.locator("main")).to_contain_text("does not answer")
        visit.faults.clear()  # the browser tells of every connection that was refused


def test_a_sink_that_stopped(visiting: Open, system: System, site: Site) -> None:
    pid = int(system.status()["parts"]["sink-dynamodb"]["pid"])
    with visiting() as visit, site.writer() as api:
        page = visit.open("/pipeline")
        os.kill(pid, signal.SIGSTOP)
        try:
            record = {"source": "browser", "region": "CA-NL", "date": "2021-03-01", "confirmed": 1}
            api.post("/v1/records", json=record).raise_for_status()
            sink = page.locator("tr", has_text="Sink dynamodb").locator(".state")
            expect(sink).to_have_text("does not move", timeout=STUCK_MILLISECONDS)
            expect(page.locator(".banner")).to_contain_text("does not move")
            page.get_by_role("navigation").get_by_role("link", name="Canada").click()
            expect(page.locator("h1")).to_have_text("COVID-19 in Canada")
            expect(page.locator(".banner")).to_contain_text("the newest changes are not shown")
        finally:
            os.kill(pid, signal.SIGCONT)
        expect(page.locator(".banner")).to_be_hidden(timeout=STUCK_MILLISECONDS)
