"""Exports as others read them: the Data Package by an ordinary client, and pages while rows change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import frictionless
import httpx
import pytest

from covid_core.rows import Row
from covid_sinks.dynamodb import DynamoSink
from tests.integration.api.conftest import Append
from tests.integration.api.test_reading import shown

pytestmark = pytest.mark.integration

REGIONS = ("CA-NB", "CA-NS")
FIRST = dt.date(2021, 1, 1)
DAYS = 10
LIMIT = 7
"""Rows of a page: pages do not end where a region does."""


def package(client: httpx.Client, **asked: str) -> frictionless.Package:
    answer = client.get("/v1/datapackage.json", params=asked)
    assert answer.status_code == 200, answer.text
    return frictionless.Package.from_descriptor(answer.json())


def plain(row: frictionless.Row) -> dict[str, Any]:
    """The values as the API's JSON has them."""
    convert = {dt.date: dt.date.isoformat, Decimal: float}
    return {name: convert.get(type(value), lambda same: same)(value) for name, value in row.items()}


def pages(client: httpx.Client, **asked: Any) -> Iterator[list[dict[str, Any]]]:
    parameters = {**asked, "limit": LIMIT}
    while True:
        page = client.get("/v1/metrics", params=parameters).raise_for_status().json()
        yield page["data"]
        if page["next"] is None:
            return
        parameters["cursor"] = page["next"]


def test_every_value_of_the_package_is_as_its_schema_says(client: httpx.Client, stored: list[Row]) -> None:
    found = frictionless.Package(str(client.base_url.join("/v1/datapackage.json")))
    assert {resource.name for resource in found.resources} >= {"covid-merged", "covid-phac"}
    for resource in found.resources:
        report = resource.validate()
        assert report.valid, report.flatten(["type", "rowNumber", "fieldName", "message"])
    (phac,) = [resource for resource in found.resources if resource.name == "covid-phac"]
    read = [plain(row) for row in phac.read_rows() if row["region"] == "CA-ON"]
    assert read == shown(stored, "phac", "CA-ON")
    assert any(row["confirmed"] == 0 for row in read)
    assert any(row["confirmed"] is None for row in read)


def test_a_value_against_the_schema_is_found(client: httpx.Client, stored: list[Row]) -> None:
    (table,) = [each for each in package(client).resources if each.name == "covid-phac"]
    table.schema.get_field("recovered_status").constraints["enum"] = ["ended"]
    found = {error[0] for error in table.validate().flatten(["fieldName"])}
    assert found == {"recovered_status"}


def test_addresses_ask_for_what_was_asked(client: httpx.Client, stored: list[Row]) -> None:
    found = package(client, region="CA-QC,FR", known_at="2026-01-01T00:00:00+01:00", as_of="2021-02-01")
    assert [resource.name for resource in found.resources] == ["covid-merged"]
    url = httpx.URL(found.resources[0].path)
    assert str(url).startswith(str(client.base_url))
    assert dict(url.params) == {
        "source": "merged",
        "format": "csv",
        "region": "CA-QC,FR",
        "as_of": "2021-02-01T23:59:59.999999+00:00",
        "known_at": "2025-12-31T23:00:00+00:00",
    }
    assert client.get(url).status_code == 200
    behind = client.get("/v1/datapackage.json", headers={"Host": "covid.example:444"}).json()
    assert behind["resources"][0]["path"].startswith("http://covid.example:444/v1/metrics?")


def test_a_package_of_nothing_is_refused(client: httpx.Client, stored: list[Row]) -> None:
    assert client.get("/v1/datapackage.json", params={"region": "TV"}).status_code == 404
    assert client.get("/v1/datapackage.json", params={"region": "XX"}).status_code == 422


@pytest.fixture
def log(append: Append, source: str) -> Append:
    """Appends records of a source of the test's own."""
    return lambda *records: append(*({"source": source, **record} for record in records))


def reports(count: int, *, days: range = range(DAYS)) -> list[dict[str, Any]]:
    return [
        {
            "region": region,
            "date": (FIRST + dt.timedelta(days=day)).isoformat(),
            "confirmed": count + day,
            "reported_at": f"2021-02-01T00:00:{count % 60:02}Z",
        }
        for region in REGIONS
        for day in days
    ]


def test_pages_of_what_was_known_at_a_moment_are_one_snapshot(
    client: httpx.Client, source: str, log: Append, sink_store: DynamoSink
) -> None:
    asked = {"source": source, "region": ",".join(REGIONS), "known_at": log(*reports(10))}
    whole = client.get("/v1/metrics", params=asked).raise_for_status().json()["data"]
    assert [row["confirmed"] for row in whole] == 2 * list(range(10, 10 + DAYS))
    read: list[dict[str, Any]] = []
    for number, page in enumerate(pages(client, **asked)):
        read += page
        # Restates all days, before and after the cursor; adds days; deletes one.
        log(*reports(20 + number, days=range(-1, DAYS + 1)))
        later = log({"region": REGIONS[1], "date": FIRST.isoformat(), "deleted": True})
    assert read == whole
    # What was written does show, later.
    now = {**asked, "region": REGIONS[1], "known_at": later}
    assert [row["confirmed"] for row in client.get("/v1/metrics", params=now).json()["data"]] == [
        20 + number + day for day in range(-1, DAYS + 1) if day
    ]
    # A source is known to the package once the store has rows of it.
    sink_store.write([Row(source, region, FIRST, revision=1) for region in REGIONS])
    (table,) = [
        each
        for each in package(client, region=asked["region"], known_at=asked["known_at"]).resources
        if each.name == f"covid-{source}"
    ]
    rows = table.read_rows()
    assert all(row.valid for row in rows)
    assert [plain(row) for row in rows] == whole


def test_pages_of_now_lose_and_repeat_no_row_that_stays(
    client: httpx.Client, source: str, sink_store: DynamoSink
) -> None:
    def row(region: str, day: int, revision: int, **more: Any) -> Row:
        return Row(
            source, region, FIRST + dt.timedelta(days=day), confirmed=revision, revision=revision, **more
        )

    days = range(0, 2 * DAYS, 2)
    sink_store.write([row(region, day, 1) for region in REGIONS for day in days])
    stay = {(region, (FIRST + dt.timedelta(days=day)).isoformat()) for region in REGIONS for day in days[1:]}
    read: list[dict[str, Any]] = []
    newest = [1]
    for number, page in enumerate(pages(client, source=source), start=2):
        read += page
        assert {one["revision"] for one in page} <= set(newest)
        newest.append(number)
        changes = [row(region, day, number) for region in REGIONS for day in days[1:]]
        added = [row(region, number * 2 + 1, number) for region in REGIONS]
        gone = [Row(source, region, FIRST, deleted=True, revision=number) for region in REGIONS]
        sink_store.write([*changes, *added, *gone])
    places = [(one["region"], one["date"]) for one in read]
    assert places == sorted(set(places)), "in order, none twice"
    assert stay <= set(places)
    assert all(one["confirmed"] == one["revision"] for one in read), "each row is whole"
    assert len({one["revision"] for one in read}) > 1, "the pages are of different moments"
