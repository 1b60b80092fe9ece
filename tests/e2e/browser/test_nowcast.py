"""What the latest days are expected to be later, over the bars of a region."""

from __future__ import annotations

import datetime as dt
import re

import msgspec
import pytest
from confluent_kafka import Producer
from playwright.sync_api import expect

from covid_core import topics
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import Site, until, value_text
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SOURCE = "nowcast"
REGION = "CA-PE"
FIRST = dt.date(2021, 1, 1)
DAYS = 40
"""Of the first report; the second has twice as many."""
ARRIVE_SECONDS = 30
BOXES = re.compile(r"^(M[^M]+Z){14}$")
"""One for each day, as SVG writes them."""
REPORTS = ((DAYS - 1, [100] * DAYS), (2 * DAYS - 1, [110] * DAYS + [100] * DAYS))
"""At the end of which day, and the new counts: those of the first report's days were restated."""


@pytest.fixture(scope="module")
def late(system: System, site: Site) -> Site:
    """A publisher of these tests' own, of whom both reports have arrived."""
    producer = Producer(
        {
            "bootstrap.servers": system.environment()["COVID_KAFKA_BOOTSTRAP"],
            "partitioner": "murmur2_random",
        }
    )
    for on, new in REPORTS:
        for day in range(len(new)):
            record = {
                "source": SOURCE,
                "region": REGION,
                "date": str(FIRST + dt.timedelta(day)),
                "confirmed": sum(new[: day + 1]),
                "reported_at": f"{FIRST + dt.timedelta(on)}T23:59:59Z",
            }
            producer.produce(topics.RECORDS, msgspec.json.encode(record), key=REGION)
    assert producer.flush(10) == 0
    until(lambda: _arrived(site), ARRIVE_SECONDS, "the reports did not arrive")
    return site


def _arrived(site: Site) -> bool:
    rows = site.rows(source=SOURCE, region=REGION, fields="confirmed")
    return len(rows) == 2 * DAYS and rows[-1]["confirmed"] == sum(REPORTS[-1][1])


def test_the_interval_stands_over_the_latest_bars(visiting: Open, late: Site) -> None:
    with visiting() as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}")
        expect(page.locator("svg.chart .intervals")).to_have_attribute("d", BOXES)
        expect(page.locator(".figure .legend").first).to_contain_text("Nowcast, 90% interval")
        said = page.locator("p.nowcast")
        expect(said).to_contain_text("of the 14 days to March 21, 2021, 14 may still change")
        chart = page.locator("svg.chart").first
        chart.focus()
        chart.press("End")
        assert "Expected later 110 (110 to 110)" in value_text(chart)
        note = page.locator(".figure .note")
        note.locator("summary").click()
        expect(note).to_contain_text("A chain ladder compares")
        # Of what was known after the first report, nothing can be learnt.
        page.get_by_label("As known on").fill(str(FIRST + dt.timedelta(DAYS)))
        expect(said).to_contain_text("No nowcast of the days to February 9, 2021")
        expect(page.locator("svg.chart .intervals")).to_have_count(0)


def test_in_french_and_of_other_measures_not(visiting: Open, late: Site) -> None:
    with visiting(language="fr") as visit:
        page = visit.open(f"/region?region={REGION}&source={SOURCE}")
        expect(page.locator("p.nowcast")).to_contain_text("14 peuvent encore changer")
        page = visit.open(f"/region?region={REGION}&source={SOURCE}&metric=confirmed")
        expect(page.locator("svg.chart .line").first).to_be_visible()
        expect(page.locator("p.nowcast")).to_have_count(0)
