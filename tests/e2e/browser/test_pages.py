"""Each page shows what the API says, in both languages, on every width."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from covid_core import topics
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import (
    DESKTOP,
    HEADINGS,
    PAGES,
    PHONE,
    SCHEMES,
    SCREENSHOTS,
    Language,
    Site,
    digits,
    drawn,
    value_text,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WEIGHT = 1_500_000
"""Most bytes that a page may load, as they are sent."""

VERDICTS = {
    "equal": "equal to the log",
    "different": "differs from the log",
    "lagging": "was behind: not compared",
    "refused": "equal, but for rows that it refused",
}
REASONS = {
    "reporting-calendar": "does not report on that day",
    "late": "the day before",
    "restated": "has said otherwise",
    "definition": "count different things",
    None: "No rule knows why",
}
"""What the page says of each reason that sources differ for."""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_canada(visiting: Open, site: Site, language: Language) -> None:
    known = site.known("CA", "confirmed")
    # Of a weekly file that is the row before.
    week_ago = str(dt.date.fromisoformat(known[-1]["date"]) - dt.timedelta(days=7))
    before = next(row for row in known if row["date"] == week_ago)
    (ours,) = site.rows(known[-1]["date"], known[-1]["date"], region="CA-QC", fields="confirmed")
    with visiting(language=language) as visit:
        page = visit.open("/")
        first = page.locator(".key-figures li").first
        assert digits(first.locator(".value").inner_text()) == known[-1]["confirmed"]
        assert known[-1]["date"][:4] in first.locator(".as-of").inner_text()
        change = known[-1]["confirmed"] - before["confirmed"]
        assert digits(re.split(" (?:in|en) ", first.locator(".change").inner_text())[0]) == change
        expect(page.locator(".tile")).to_have_count(13)
        expect(page.locator("table.regions tbody tr")).to_have_count(14)
        link = page.get_by_role("link", name=re.compile("Qu[eé]bec"))
        quebec = page.locator("table.regions tr", has=link)
        assert digits(quebec.locator("td").first.inner_text()) == ours["confirmed"]


def test_the_slider_shows_another_day(visiting: Open, site: Site) -> None:
    (row,) = site.rows("2021-03-01", "2021-03-01", region="CA-ON", fields="confirmed")
    with visiting() as visit:
        page = visit.open("/?metric=confirmed&day=2021-03-01")
        tile = page.locator("[data-code=CA-ON]")
        assert (
            digits((tile.get_attribute("aria-label") or "").partition(":")[2].partition("persons")[0])
            == row["confirmed"]
        )
        slider = page.locator(".timeline input")
        slider.focus()
        slider.press("ArrowRight")
        expect(page.locator(".timeline output")).to_have_text("March 2, 2021")
        assert "day=2021-03-02" in page.url


@pytest.mark.parametrize("language", ["en", "fr"])
def test_region(visiting: Open, site: Site, language: Language) -> None:
    rows = site.rows(region="CA-ON", source="phac", fields="new_deaths,avg7_deaths")
    last = next(row for row in reversed(rows) if row["new_deaths"] is not None)
    with visiting(language=language) as visit:
        page = visit.open("/region?region=CA-ON&source=phac&metric=new_deaths")
        expect(page.locator(".cards button")).to_have_count(9)
        pressed = page.locator(".cards [aria-pressed=true]")
        assert digits(pressed.locator(".value").inner_text()) == last["new_deaths"]
        chart = page.locator("svg.chart").first
        chart.focus()
        chart.press("Home")
        chart.press("ArrowRight")
        assert value_text(chart).startswith(("January", "February", "March", "1", "2", "3"))
        expect(page.locator(".tip")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_rt_has_a_band_the_line_at_one_and_its_source(visiting: Open, site: Site, language: Language) -> None:
    rows = site.rows(region="CA-ON", source="phac", fields="rt,rt_lower,rt_upper,rt_note")
    last = next(row for row in reversed(rows) if row["rt"] is not None)
    note = {"en": "Fewer than 11 cases", "fr": "Moins de 11 cas"}[language]
    few = next((row["date"] for row in rows if row["rt_note"] == "few_cases"), None)
    with visiting(language=language) as visit:
        page = visit.open(f"/region?region=CA-ON&source=phac&metric=rt&day={last['date']}")
        expect(page.locator("svg.chart .band")).to_have_count(1)
        assert (page.locator("svg.chart .band").get_attribute("d") or "").endswith("Z")
        expect(page.locator("svg.chart .level")).to_have_count(1)
        expect(page.locator(".why code").first).to_contain_text("Σ I(s)")
        if few is not None:
            page = visit.open(f"/region?region=CA-ON&source=phac&metric=rt&from={few}&day={few}")
            chart = page.locator("svg.chart").first
            chart.focus()
            chart.press("Home")
            assert note in value_text(chart)


def test_region_draws_corrections_and_missing_days(visiting: Open, site: Site) -> None:
    pairs = [
        (each["source"], region) for each in site.get("/v1/sources")["data"] for region in each["regions"]
    ]
    for source, region in pairs:
        rows = site.rows(source=source, region=region, fields="new_confirmed,confirmed_status")
        fell = [row for row in rows if (row["new_confirmed"] or 0) < 0]
        status = [row for row in rows if row["confirmed_status"]]
        if fell and status:
            break
    else:
        pytest.skip("these files have no region with both")
    with visiting() as visit:
        page = visit.open(f"/region?region={region}&source={source}")
        expect(page.locator(".mark.correction")).to_have_count(len(fell))
        assert page.locator(".strip .status").count() == len({row["confirmed_status"] for row in status})
        largest = min(row["new_confirmed"] for row in fell)
        assert f"\u2212{-largest:,}" in page.locator(".marks").inner_html()


def test_compare(visiting: Open, site: Site) -> None:
    with visiting() as visit:
        page = visit.open("/compare?lines=CA-ON@jhu,CA-ON@merged&metric=confirmed")
        expect(page.locator(".chips li")).to_have_count(2)
        page.locator(".adding select").nth(1).select_option("CA-QC")
        page.locator(".adding button").click()
        expect(page.locator(".chips li")).to_have_count(3)
        expect(page.locator("svg.chart .line")).to_have_count(3)
        assert "CA-QC@" in page.url
        page.get_by_role("button", name=re.compile("Remove Quebec")).click()
        expect(page.locator(".chips li")).to_have_count(2)


def test_sources_counts_the_days_that_differ(visiting: Open, site: Site) -> None:
    known = {each["source"]: each["regions"] for each in site.get("/v1/sources")["data"]}
    ours = [region for region in known["phac"] if region in known["jhu"]]
    joined = ",".join(ours)
    a, b = (
        {
            (row["region"], row["date"]): row["confirmed"]
            for row in site.rows(source=source, region=joined, fields="confirmed")
            if row["confirmed"] is not None
        }
        for source in ("phac", "jhu")
    )
    both = a.keys() & b.keys()
    differing = sum(a[key] != b[key] for key in both)
    with visiting() as visit:
        page = visit.open("/sources?a=phac&b=jhu")
        lead = page.locator(".lead").inner_text()
        assert f"{len(both):,} days" in lead
        assert f"on {differing:,} of them" in lead
        expect(page.locator(".heatmap g text").first).to_be_visible()
        region, date = max(both, key=lambda key: abs(a[key] - b[key]))
        first = page.locator(".card tbody tr").first
        assert f"{a[region, date]:,}" in first.inner_text()
        # Why they differ, in words: of the first region, as of each that is chosen.
        found = site.get("/v1/disagreements", region=ours[0], field="confirmed")["data"]
        expect(page.locator(".below tbody tr")).to_have_count(len({each["reason"] for each in found}))
        for reason, words in REASONS.items():
            days = sum(each["reason"] == reason for each in found)
            if days:
                row = page.locator(".below tbody tr", has_text=words)
                expect(row.locator("td").first).to_have_text(f"{days:,}")


def test_pipeline(visiting: Open, site: Site) -> None:
    with visiting() as visit:
        page = visit.open("/pipeline")
        state = site.get("/v1/pipeline")
        expect(page.locator(".state")).to_have_count(len(state["readers"]) + len(state["verified"]))
        # `covid up` has verified, if nobody else.
        assert [each["store"] for each in state["verified"]] == list(topics.SINKS)
        table = page.get_by_role(
            "region", name="The last verification: does each store hold what the log says?"
        )
        for each in state["verified"]:
            row = table.locator("tbody tr", has_text=each["store"])
            expect(row.locator(".state")).to_have_text(VERDICTS[each["verdict"]])
            if each["verdict"] != "lagging":
                expect(row).to_contain_text(f"{each['rows']:,}")
        total = digits(page.locator(".key-figures li").nth(2).locator(".value").inner_text())
        assert 0 < total <= site.get("/v1/pipeline")["records"]["total"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_fits_every_window_and_speaks_its_language(visiting: Open, language: Language) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with visiting(language=language) as visit:
        for name, path in PAGES.items():
            page = visit.open(path)
            assert page.locator("html").get_attribute("lang") == f"{language}-CA"
            assert page.locator("h1").inner_text() == HEADINGS[language][name]
            for window, (width, height) in (("phone", PHONE), ("desktop", DESKTOP)):
                page.set_viewport_size({"width": width, "height": height})
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    page.wait_for_timeout(100)  # until it is drawn for the new width
                    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, window)
                    picture = SCREENSHOTS / f"{name}-{window}-{language}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True)
            page.emulate_media(color_scheme="light")


def test_the_language_can_be_switched_and_is_kept(visiting: Open) -> None:
    with visiting(language="fr") as visit:
        page = visit.open("/compare")
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text(HEADINGS["en"]["compare"])
        drawn(page)
        visit.open("/sources")
        expect(page.locator("h1")).to_have_text(HEADINGS["en"]["sources"])


def _view(page: Page) -> tuple[str, ...]:
    figure = page.locator(".figure").first
    return (
        figure.locator("h2").inner_text(),
        figure.locator(".subtitle").inner_text(),
        page.locator("svg.chart .line").first.get_attribute("d") or "",
    )


def test_the_address_brings_back_the_view(visiting: Open) -> None:
    with visiting() as visit:
        page = visit.open("/region?region=CA-BC")
        page.get_by_label("Metric").select_option("confirmed")
        page.get_by_text("Log", exact=True).click()
        page.get_by_label("Per 100,000 inhabitants").check()
        handle = page.get_by_role("slider", name="First day shown")
        handle.focus()
        for _ in range(5):
            handle.press("PageUp")
        expect(page.locator(".figure h2").first).to_have_text("Confirmed cases, British Columbia")
        page.wait_for_timeout(100)
        seen, address = _view(page), page.url.removeprefix(visit.url)
        assert {"metric=confirmed", "scale=log", "per=capita"} <= set(urlsplit(address).query.split("&"))
        assert "from=" in address
    with visiting() as visit:
        assert _view(visit.open(address)) == seen


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_light_and_ask_nobody_else(visiting: Open, page: str) -> None:
    with visiting() as visit:
        finished: list[Request] = []

        def note(request: Request) -> None:
            finished.append(request)

        visit.page.on("requestfinished", note)
        visit.open(PAGES[page])
        # Asked afterwards: within the event, the answer would be waited for by who has to deliver it.
        assert 0 < sum(request.sizes()["responseBodySize"] for request in list(finished)) < WEIGHT
        assert {urlsplit(url).netloc for url in visit.requests if not url.startswith("blob:")} == {
            urlsplit(visit.url).netloc
        }
