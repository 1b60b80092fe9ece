"""Chromium, and visits to the running stack's dashboard."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import site as site_
from tests.e2e.browser.site import Site, Visit
from tests.e2e.system import System

Open = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which `.ci/run` installs."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        # Its sandbox does not run as root.
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="package")
def site(system: System) -> Site:
    """The stack's API."""
    api = system.status()["api"]
    return Site(api["url"], api["write_key"])


@pytest.fixture
def visiting(browser: Browser, site: Site) -> Open:
    """`with visiting(language="fr") as visit`: what the browser complains of fails the test."""

    @contextmanager
    def visited(url: str | None = None, **how: Any) -> Iterator[Visit]:
        visit = site_.visit(browser, url or site.url, **how)
        try:
            yield visit
            assert visit.faults == []
        finally:
            visit.context.close()

    return visited
