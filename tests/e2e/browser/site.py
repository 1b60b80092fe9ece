"""The dashboard as a person's browser sees it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import httpx
from playwright.sync_api import Browser, BrowserContext, HttpCredentials, Locator, Page, expect

SCREENSHOTS: Final = Path(__file__).parents[3] / "build" / "screenshots"
DESKTOP: Final = (1280, 900)
PHONE: Final = (390, 844)
LOAD_MILLISECONDS: Final = 60_000

Language = Literal["en", "fr"]
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")

PAGES: Final = {
    "canada": "/",
    "region": "/region?region=CA-ON",
    "compare": "/compare",
    "sources": "/sources",
    "corrections": "/corrections",
    "alerts": "/alerts",
    "pipeline": "/pipeline",
}
HEADINGS: Final = {
    "en": {
        "canada": "COVID-19 in Canada",
        "region": "Ontario",
        "compare": "Compare regions and sources",
        "sources": "Where sources disagree",
        "corrections": "Corrections",
        "alerts": "Alerts",
        "pipeline": "Pipeline",
    },
    "fr": {
        "canada": "La COVID-19 au Canada",
        "region": "Ontario",
        "compare": "Comparer des régions et des sources",
        "sources": "Où les sources divergent",
        "corrections": "Corrections",
        "alerts": "Alertes",
        "pipeline": "Pipeline",
    },
}


class Site(NamedTuple):
    """Where a service is, and a key to write with."""

    url: str
    key: str

    def get(self, path: str, **query: str) -> Any:
        """What the API answers."""
        answer = httpx.get(self.url + path, params=query, timeout=60, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def rows(self, first: str = "", last: str = "", **query: str) -> list[dict[str, Any]]:
        """Rows of `/v1/metrics`, from a date to another."""
        days = {name: day for name, day in (("from", first), ("to", last)) if day}
        found: list[dict[str, Any]] = self.get("/v1/metrics", **query, **days)["data"]
        return found

    def known(self, region: str, field: str, source: str = "merged") -> list[dict[str, Any]]:
        """The rows with a number, and whose it is."""
        fields = f"{field},{field}_source"
        rows = self.rows(source=source, region=region, fields=fields)
        return [row for row in rows if row[field] is not None]

    def writer(self) -> httpx.Client:
        """A client that may write."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


class Visit:
    """One page, opened in a browser of its own settings. `faults`: what the browser complained of."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page = self._new()

    def _new(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(LOAD_MILLISECONDS)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console",
            lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("request", lambda request: self.requests.append(request.url))
        return page

    def open(self, path: str) -> Page:
        """Go to an address of the site, and wait until all is drawn."""
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        return drawn(self.page)


def drawn(page: Page) -> Page:
    """The page once it shows what it is asked for, and nothing is loading."""
    expect(page.locator("main h1")).to_be_visible(timeout=LOAD_MILLISECONDS)
    expect(page.locator(".message.loading, [aria-busy=true]")).to_have_count(0, timeout=LOAD_MILLISECONDS)
    return page


def visit(
    browser: Browser,
    url: str,
    language: Language = "en",
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
    credentials: HttpCredentials | None = None,
) -> Visit:
    """A browser of a language, a window's size and a colour scheme; `credentials`: what a person enters where
    the site asks for a name and a password."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=f"{language}-CA",
        color_scheme=scheme,
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
        http_credentials=credentials,
    )
    return Visit(context, url)


def digits(text: str) -> int:
    """A number as it is written in either language: 4,617,095 or 4 617 095, with a true minus sign."""
    found = re.sub(r"[^\d\u2212]", "", text).replace("\u2212", "-")
    return int(found)


def value_text(chart: Locator) -> str:
    """What a chart says of the day that it is at."""
    return chart.get_attribute("aria-valuetext") or ""


def until(
    holds: Callable[[], bool], seconds: float, what: str, rest: Callable[[float], None] = time.sleep
) -> float:
    """Wait until something holds; the seconds it took.

    `rest`: waits some seconds. Where events of a page must be handled meanwhile it is the page's own way.
    """
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, what
        rest(0.02)
    return time.monotonic() - started
