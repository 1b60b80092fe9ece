"""What is downloaded is what the API says and what is drawn."""

from __future__ import annotations

import csv
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.site import Site, drawn

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

VIEW = "/region?region=CA-ON&source=phac&metric=new_deaths&from=2021-01-01&to=2021-03-31"


def download(page: Page, form: str) -> tuple[str, bytes]:
    """Name and bytes of what a figure's button gives."""
    with page.expect_download() as waiting:
        page.locator(f".figure [data-format={form}]").first.click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, Path(path).read_bytes()


def test_csv_is_the_answer_of_the_api(visiting: Open, site: Site) -> None:
    with visiting() as visit:
        page = visit.open(VIEW)
        name, content = download(page, "csv")
        assert name == "covid-phac-CA-ON-new_deaths.csv"
        page.locator(".note summary").click()
        address = page.locator(".note a[href^='/v1/metrics']").first.get_attribute("href")
        assert address
        assert content == httpx.get(site.url + address, trust_env=False, timeout=60).content
        rows = list(csv.DictReader(content.decode().splitlines()))
        assert (rows[0]["date"], rows[-1]["date"], len(rows)) == ("2021-01-01", "2021-03-31", 90)


def test_csv_of_several_sources_has_the_rows_of_each(visiting: Open, site: Site) -> None:
    with visiting() as visit:
        page = visit.open(
            "/compare?lines=CA-ON@jhu,CA-QC@phac,CA-ON@phac&metric=deaths&from=2021-01-01&to=2021-01-31"
        )
        _, content = download(page, "csv")
    rows = list(csv.DictReader(content.decode().splitlines()))
    found = {(row["source"], row["region"], row["date"]): int(row["deaths"]) for row in rows}
    expected = {}
    for source, region in (("jhu", "CA-ON"), ("phac", "CA-QC"), ("phac", "CA-ON")):
        for row in site.rows(
            **{
                "source": source,
                "region": region,
                "fields": "deaths",
                "from": "2021-01-01",
                "to": "2021-01-31",
            }
        ):
            expected[source, region, row["date"]] = row["deaths"]
    assert found == expected


def test_svg_stands_by_itself(visiting: Open) -> None:
    with visiting() as visit:
        name, content = download(visit.open(VIEW), "svg")
    assert name.endswith(".svg")
    root = ET.fromstring(content)
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "New deaths, Ontario" in texts
    assert any("Public Health Agency of Canada" in text and "metric=new_deaths" in text for text in texts)
    lines = [each for each in root.iter("{http://www.w3.org/2000/svg}path") if each.get("fill") == "none"]
    assert lines
    assert all(each.get("stroke", "").startswith("rgb") for each in lines)
    assert b"class=" not in content


@pytest.mark.parametrize("path", [VIEW, "/", "/sources"])
def test_png_is_a_picture_of_twice_the_size(visiting: Open, path: str) -> None:
    with visiting() as visit:
        page = visit.open(path)
        width = page.locator(".figure .host svg").first.evaluate("element => element.clientWidth")
        name, content = download(page, "png")
    assert name.endswith(".png")
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", content[16:20])[0] == 2 * (width + 40)
    assert len(content) > 5_000


def test_the_pipelines_minute_is_a_table_a_file_and_a_picture(visiting: Open) -> None:
    with visiting(language="fr") as visit:
        page = visit.open("/pipeline")
        name, content = download(page, "csv")
        assert name == "covid-pipeline.csv"
        rows = list(csv.DictReader(content.decode().splitlines()))
        assert len(rows) == 12
        assert all(row["records"].isdecimal() for row in rows)
        summary = page.locator(".data-table summary")
        summary.click()
        expect(page.locator(".data-table tbody tr")).to_have_count(12)
        # The page is drawn anew every few seconds: what the reader has open and where stays.
        summary.focus()
        with page.expect_response("**/v1/pipeline"):
            pass
        page.wait_for_timeout(300)
        expect(page.locator(".data-table tbody tr")).to_have_count(12)
        expect(summary).to_be_focused()
        assert download(page, "png")[1].startswith(b"\x89PNG")


def test_the_link_is_copied(visiting: Open) -> None:
    with visiting() as visit:
        page = visit.open(VIEW)
        page.locator("[data-format=link]").click()
        expect(page.locator(".toast")).to_have_text("The link is copied.")
        assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_printed_it_has_the_chart_and_no_controls(visiting: Open) -> None:
    with visiting() as visit:
        page = drawn(visit.open(VIEW))
        page.emulate_media(media="print")
        expect(page.locator("svg.chart").first).to_be_visible()
        for hidden in (".controls", ".downloads", "nav", ".brush-host"):
            expect(page.locator(hidden).first).to_be_hidden()
