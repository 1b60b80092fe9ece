"""What was known when, what was corrected, and why a number is what it is."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect

from covid_core import topics
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import PHONE, Site, drawn, until, value_text
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SOURCE = "history"
OTHER = "history-other"
"""A second source, which counts one more each day."""
REGION = "CA-PE"
KEY = f"{SOURCE}:{REGION}"
THEN = "2021-01-20"
ARRIVE_SECONDS = 30
FIRST_SAID = {f"2021-01-{day:02}": 100 + 10 * day for day in range(1, 11)}
REPORTS = [
    *((OTHER, date, confirmed + 1, "2021-01-15T00:00:00Z") for date, confirmed in FIRST_SAID.items()),
    *((SOURCE, date, confirmed, "2021-01-15T00:00:00Z") for date, confirmed in FIRST_SAID.items()),
    (SOURCE, "2021-01-04", 190, "2021-02-01T00:00:00Z"),
]
"""Source, date, confirmed, reported at. The last one makes the count of the fifth day a decrease."""


@pytest.fixture(scope="module")
def restated(system: System, site: Site) -> Site:
    """Publishers of these tests' own, of which one said otherwise of a day after the moment `THEN`."""
    producer = Producer(
        {
            "bootstrap.servers": system.environment()["COVID_KAFKA_BOOTSTRAP"],
            "partitioner": "murmur2_random",
        }
    )
    for source, date, confirmed, at in REPORTS:
        record = {
            "source": source,
            "region": REGION,
            "date": date,
            "confirmed": confirmed,
            "reported_at": at,
        }
        producer.produce(topics.RECORDS, msgspec.json.encode(record), key=REGION)
    assert producer.flush(10) == 0
    until(lambda: _arrived(site), ARRIVE_SECONDS, "the reports did not arrive")
    return site


def _arrived(site: Site) -> bool:
    rows = site.rows("2021-01-04", "2021-01-10", source=SOURCE, region=REGION, fields="confirmed")
    return len(rows) == 7 and rows[0]["confirmed"] == 190


def _download(page: Page) -> dict[str, int]:
    """The counts that the figure's CSV has, by date."""
    with page.expect_download() as waiting:
        page.locator("[data-format=csv]").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    return {row["date"]: int(row["confirmed"]) for row in csv.DictReader(lines)}


def _at(page: Page, presses: int) -> str:
    """What the chart says of a day, counted from the first."""
    chart = page.locator("svg.chart").first
    chart.focus()
    chart.press("Home")
    for _ in range(presses):
        chart.press("ArrowRight")
    return value_text(chart)


def test_a_region_as_known_on_a_day(visiting: Open, restated: Site) -> None:
    with visiting() as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}&metric=confirmed")
        expect(page.locator(".mark.correction")).to_have_count(1)
        page.get_by_label("As known on").fill(THEN)
        expect(page.locator(".figure .subtitle")).to_contain_text("as known on Jan 20, 2021")
        # Nothing had fallen then; the broken line is what is known today.
        expect(page.locator(".mark.correction")).to_have_count(0)
        expect(page.locator("svg.chart .line.muted")).to_have_count(1)
        said = _at(page, 3)
        assert "Confirmed cases 140" in said
        assert "as known today 190" in said
        assert _download(page) == FIRST_SAID
        address = page.url.removeprefix(visit.url)
        assert f"as_of={THEN}" in address
        page.locator(".data-table summary").click()
        fourth = page.locator(".data-table tbody tr", has_text="Jan 4, 2021")
        expect(fourth.locator("td")).to_have_text(["140", "190", ""])
        page = visit.open(address)
        expect(page.locator("svg.chart .line.muted")).to_have_count(1)
        page.get_by_role("button", name="Back to today").click()
        expect(page.locator("svg.chart .line.muted")).to_have_count(0)
        expect(page.get_by_label("As known on")).to_be_focused()
        assert "as_of" not in page.url


def test_a_region_as_this_system_knew_it_on_a_day(visiting: Open, restated: Site) -> None:
    with visiting() as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}&metric=confirmed")
        counts = page.get_by_label("What counts")
        expect(counts).to_be_hidden()
        page.get_by_label("As known on").fill(THEN)
        expect(counts).to_be_visible()
        counts.press("ArrowDown")
        expect(page.locator(".as-known")).to_contain_text(
            "This system had been told nothing of this by January 20, 2021."
        )
        assert f"known_at={THEN}" in page.url
        assert "as_of" not in page.url
        today = dt.datetime.now(dt.UTC).date().isoformat()
        page = visit.open(page.url.removeprefix(visit.url).replace(THEN, today))
        expect(counts).to_have_value("known_at")
        expect(page.locator(".figure .subtitle")).to_contain_text("as known to this system on")
        # All of it has come today, the restatement, too.
        assert _download(page) == {**FIRST_SAID, "2021-01-04": 190}
        note = page.locator(".figure .note")
        note.locator("summary").click()
        expect(note).to_contain_text(f"known_at={today}")
        parquet = note.get_by_role("link", name="Parquet").get_attribute("href") or ""
        assert f"known_at={today}" in parquet
        assert visit.context.request.get(visit.url + parquet).body().startswith(b"PAR1")
        package = page.get_by_role("link", name="data package").get_attribute("href") or ""
        assert visit.context.request.get(visit.url + package).json()["resources"]


def test_regions_compared_as_known_on_a_day(visiting: Open, restated: Site) -> None:
    with visiting(language="fr", size=PHONE) as visit:
        page = visit.open(f"/compare?lines={REGION}@{SOURCE}&metric=confirmed&as_of={THEN}")
        expect(page.locator("svg.chart .line")).to_have_count(2)
        assert "140 (aujourd’hui : 190)" in _at(page, 3)
        assert _download(page) == FIRST_SAID
        page.get_by_label("Tel que connu le").fill("2020-06-01")
        expect(page.locator(".as-known")).to_contain_text("Rien de ceci n’avait été déclaré au 1 juin 2020.")
        page.get_by_label("Ce qui compte").select_option("Ce que ce système avait reçu")
        expect(page.locator(".as-known")).to_contain_text(
            "Ce système n’avait rien reçu de ceci au 1 juin 2020."
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_where_sources_disagreed_as_known_on_a_day(visiting: Open, restated: Site) -> None:
    with visiting() as visit:
        page = visit.open(f"/sources?a={SOURCE}&b={OTHER}&region={REGION}&as_of={THEN}")
        detail = page.locator(".figure").nth(1)
        expect(detail.locator(".subtitle")).to_contain_text("as known on Jan 20, 2021")
        detail.locator(".data-table summary").click()
        fourth = detail.locator(".data-table tbody tr", has_text="Jan 4, 2021").locator("td")
        expect(fourth).to_have_text(["140", "141", "+1"])
        page.get_by_label("As known on").fill("2020-06-01")
        expect(page.locator(".as-known")).to_contain_text("Nothing of this had been reported")
        expect(detail).to_be_hidden()
        page.get_by_role("button", name="Back to today").click()
        expect(fourth).to_have_text(["190", "141", "−49"])


def test_a_mark_leads_to_the_ledger_which_is_the_answer_of_the_api(visiting: Open, restated: Site) -> None:
    with visiting() as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}&metric=confirmed")
        page.locator(".mark.correction path").click()
        drawn(page)
        expect(page.locator("h1")).to_have_text("Corrections")
        rows = page.locator(".ledger tbody tr")
        expect(rows.locator("th")).to_have_text(["Jan 5, 2021"])
        assert "from=2021-01-05&to=2021-01-05" in page.url
        page.get_by_label("From").fill("2021-01-01")
        # The largest first, whatever its sign.
        expect(rows.locator("th")).to_have_text(["Jan 4, 2021", "Jan 5, 2021"])
        expect(rows.first).to_contain_text("+50")
        page.get_by_role("button", name="Date").click()
        expect(rows.locator("th")).to_have_text(["Jan 5, 2021", "Jan 4, 2021"])
        address = page.url.removeprefix(visit.url) + "&kind=decreased&as_of=2021-03-01"
    with visiting(language="fr", size=PHONE) as visit:
        page = visit.open(address)
        expect(page.get_by_role("columnheader", name="Date")).to_have_attribute("aria-sort", "descending")
        expect(page.locator(".ledger tbody td")).to_have_text(
            ["Île-du-Prince-Édouard", "−40", "Baisse", "Cas confirmés", "190", "150", SOURCE, "–", "–"]
        )
        asked = f"region={REGION}&source={SOURCE}&kind=decreased&from=2021-01-01&to=2021-01-05"
        link = page.locator("a[data-format=csv]")
        expect(link).to_have_attribute("href", f"/v1/corrections?{asked}&as_of=2021-03-01&format=csv")
        feed = page.get_by_role("link", name="Atom").get_attribute("href") or ""
        assert feed == f"/v1/corrections.atom?{asked}&as_of=2021-03-01"
        assert visit.context.request.get(visit.url + feed).ok


def test_why_a_number_is_what_it_is(visiting: Open, restated: Site) -> None:
    explained = restated.get("/v1/explain", id=f"{KEY}:2021-01-05", metric="new_confirmed")
    with visiting() as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}")
        why = page.locator(".why")
        expect(why).to_contain_text("Choose a day of the chart")
        _at(page, 4)
        page.keyboard.press("Enter")
        expect(why).to_contain_text("January 5, 2021")
        first = why.locator("section").first
        expect(first.locator("code").nth(1)).to_have_text("150 − 190 = -40")
        offsets = [",".join(map(str, one["lineage"])) for one in explained["inputs"]]
        expect(first.locator("tbody td:nth-child(5)")).to_have_text(offsets)
        link = first.get_by_role("link", name=f"{KEY}:2021-01-04")
        expect(link).to_have_attribute("href", f"/v1/records/history?id={KEY}:2021-01-04")
        # Seven days before the fifth there is no report, which has to be said.
        expect(why.locator("section").nth(1)).to_contain_text(
            "No value. Confirmed cases of December 29, 2020"
        )
        assert "day=2021-01-05" in page.url
        box = page.locator("svg.chart").first.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] - 16, box["y"] + 40)
        expect(why).to_contain_text("January 10, 2021")
        expect(why.locator("section").first.locator("code").nth(1)).to_have_text("200 − 190 = 10")
        page = visit.open(f"/region?region={REGION}&source={SOURCE}&day=2021-01-05&as_of={THEN}")
        expect(why).to_contain_text("As known on January 20, 2021.")
        expect(why.locator("section").first.locator("code").nth(1)).to_have_text("150 − 140 = 10")
