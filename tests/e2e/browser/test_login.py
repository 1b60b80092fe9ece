"""The dashboard of a service whose reads need a key: a browser asks for it, and shows nothing before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Error, HttpCredentials, expect

from covid_cli.stack.ports import fresh
from covid_core.keys import Scope
from tests.e2e.browser import site as site_
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import Site, digits, until
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ARRIVE_MILLISECONDS = 30_000


@pytest.fixture(scope="module")
def reading(system: System) -> Iterator[str]:
    """A key that may read, and no more."""
    made = system.covid("keys", "create", "a reader", "--scope", Scope.READ.value, "--json")
    assert made.returncode == 0, made.stderr
    created = json.loads(made.stdout)
    yield created["key"]
    system.covid("keys", "revoke", created["id"])


@pytest.fixture(scope="module")
def closed(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a second service of the stack, with closed reads."""
    port = fresh(["api"])["api"]
    own = {"COVID_API_READS": "keyed", "COVID_API_PORT": str(port)}
    log = tmp_path_factory.mktemp("closed") / "log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "covid_api"],
            env={**os.environ, **system.environment(), **own},
            stdout=output,
            stderr=output,
        )

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        until(ready, 30, "the service does not start")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _login(key: str) -> HttpCredentials:
    return {"username": "anybody", "password": key}


def test_who_gives_the_key_sees_the_numbers_and_what_changes(
    visiting: Open, site: Site, closed: str, reading: str
) -> None:
    last = site.known("CA-YT", "confirmed")[-1]
    record = {
        "source": last["confirmed_source"],
        "region": "CA-YT",
        "date": last["date"],
        "confirmed": last["confirmed"] + 9,
    }
    with visiting(closed, credentials=_login(reading)) as visit, site.writer() as api:
        page = visit.open("/")
        yukon = (
            page.locator("table.regions tr", has=page.get_by_role("link", name="Yukon")).locator("td").first
        )
        assert digits(yukon.inner_text()) == last["confirmed"]
        expect(page.locator(".pulse.live")).to_be_visible()
        api.post("/v1/records", json=record).raise_for_status()
        try:
            expect(yukon).to_have_text(f"{last['confirmed'] + 9:,}", timeout=ARRIVE_MILLISECONDS)
        finally:
            undone = {"id": f"{record['source']}:CA-YT:{record['date']}", "wait": "30"}
            api.post("/v1/records/withdraw", params=undone).raise_for_status()


@pytest.mark.parametrize("key", [None, "covid_nobody"], ids=["no key", "a wrong key"])
def test_who_gives_none_sees_nothing(browser: Browser, closed: str, key: str | None) -> None:
    visit = site_.visit(browser, closed, credentials=None if key is None else _login(key))
    answered: list[int] = []
    visit.page.on("response", lambda response: answered.append(response.status))
    try:
        # Chromium shows the refusal of a wrong key, and makes an error of it where it is told none.
        with suppress(Error):
            visit.page.goto(closed + "/", wait_until="domcontentloaded")
        assert set(answered) == {401}
        assert not visit.page.get_by_role("link", name="Yukon").count()
    finally:
        visit.context.close()
    for path in ("/", "/v1/metrics", "/v1/stream"):
        given = None if key is None else ("anybody", key)
        assert httpx.get(closed + path, auth=given, trust_env=False).status_code == 401, path


def test_a_browsers_login_never_writes(closed: str, site: Site) -> None:
    record = {"source": "browser", "region": "CA-NS", "date": "2021-03-01", "confirmed": 1}
    answer = httpx.post(f"{closed}/v1/records", json=record, auth=("anybody", site.key), trust_env=False)
    assert answer.status_code == 401


def test_the_key_is_in_no_log(closed: str, reading: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    logs = [file.read_text() for file in Path(tmp_path_factory.getbasetemp()).glob("closed*/log")]
    assert logs
    assert not any(reading in text for text in logs)
