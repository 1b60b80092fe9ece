"""What axe-core finds, and everything by keyboard."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import PAGES, PHONE, SCHEMES, drawn, value_text

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SERIOUS = {"serious", "critical"}


def findings(page: Page) -> list[str]:
    """The rules that the page breaks, each with the first place."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in SERIOUS]


def test_axe_has_nothing_serious(visiting: Open) -> None:
    with visiting() as visit:
        for name, path in PAGES.items():
            page = visit.open(path)
            for summary in page.locator(".note summary").all():
                summary.click()
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                assert findings(page) == [], (name, scheme)
            page.emulate_media(color_scheme="light")


def test_axe_has_nothing_serious_on_a_phone_and_in_the_editor(visiting: Open) -> None:
    with visiting(size=PHONE, language="fr") as visit:
        page = visit.open("/region?region=CA-ON&source=phac&day=2021-01-02&as_of=2021-02-01")
        assert findings(page) == []
        page.locator("button.edit").click()
        assert findings(page) == []


def test_everything_by_keyboard(visiting: Open) -> None:
    with visiting() as visit:
        page = visit.open("/region?region=CA-ON")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("button.edit")).to_be_focused()
        chart = page.locator("svg.chart").first
        for _ in range(40):
            page.keyboard.press("Tab")
            if chart.evaluate("element => element === document.activeElement"):
                break
        expect(chart).to_be_focused()
        before = value_text(chart)
        page.keyboard.press("ArrowLeft")
        assert value_text(chart) != before
        expect(page.locator(".tip")).to_be_visible()
        page.keyboard.press("Tab")
        start = page.get_by_role("slider", name="First day shown")
        expect(start).to_be_focused()
        first = start.get_attribute("aria-valuenow")
        page.keyboard.press("PageUp")
        assert start.get_attribute("aria-valuenow") != first
        page.locator(".data-table summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".data-table tbody tr").first).to_be_visible()


def test_a_province_is_reached_from_the_map_by_keyboard(visiting: Open) -> None:
    with visiting() as visit:
        page = visit.open("/")
        page.locator("[data-code=CA-MB]").focus()
        page.keyboard.press("Enter")
        drawn(page)
        expect(page.locator("h1")).to_have_text("Manitoba")
        page.go_back()
        expect(page.locator("h1")).to_have_text("COVID-19 in Canada")
