"""`as_of` and `known_at`: rows of a moment, out of the log."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from .conftest import REPORTED_REGION as REGION
from .conftest import Append

pytestmark = pytest.mark.integration

ATOM = "{http://www.w3.org/2005/Atom}"


def confirmed(client: httpx.Client, source: str, **moment: str) -> dict[str, int | None]:
    return {row["date"]: row["confirmed"] for row in rows(client, source, **moment)}


def rows(client: httpx.Client, source: str, **parameters: str) -> list[Mapping[str, Any]]:
    answer = client.get("/v1/metrics", params={"source": source, "region": REGION, **parameters})
    assert answer.status_code == 200, answer.text
    found: list[Mapping[str, Any]] = answer.json()["data"]
    return found


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2021-01-01", {}),
        ("2021-01-02", {"2021-01-01": 100}),
        ("2021-01-03T11:59:59Z", {"2021-01-01": 100}),
        ("2021-01-03T13:00:00+01:00", {"2021-01-01": 100, "2021-01-02": 110}),
        ("2021-01-31", {"2021-01-01": 100, "2021-01-02": 110}),
        ("2021-02-01T00:00:00Z", {"2021-01-01": 90, "2021-01-02": 110}),
    ],
)
def test_rows_are_as_the_source_had_said_by_then(
    client: httpx.Client, reported: str, as_of: str, said: dict[str, int]
) -> None:
    assert confirmed(client, reported, as_of=as_of) == said


def test_metrics_are_those_of_the_moment(client: httpx.Client, reported: str) -> None:
    (before,) = rows(client, reported, as_of="2021-01-31", **{"from": "2021-01-02"})
    (after,) = rows(client, reported, as_of="2021-02-28", **{"from": "2021-01-02"})
    assert (before["new_confirmed"], after["new_confirmed"]) == (10, 20)


def test_what_this_system_had_been_told_by_then(
    client: httpx.Client, writer: httpx.Client, reported: str
) -> None:
    key = f"{reported}:{REGION}:2021-01-02"
    correction = {"source": reported, "region": REGION, "date": "2021-01-02", "confirmed": 115}
    assert writer.post("/v1/records", json=correction).status_code == 202
    assert writer.post("/v1/records/withdraw", params={"id": key, "wait": 0}).is_success
    report, corrected, withdrawn = client.get("/v1/records/history", params={"id": key}).json()["data"]
    for entry, number in ((report, 110), (corrected, 115), (withdrawn, 110)):
        known = confirmed(client, reported, known_at=entry["at"])
        assert known["2021-01-02"] == number, entry
    # Both limits: the source had not said it by then, whatever had been told since.
    assert confirmed(client, reported, known_at=withdrawn["at"], as_of="2021-01-02") == {"2021-01-01": 100}


def test_days_as_they_were_reported_some_days_later(client: httpx.Client, reported: str) -> None:
    assert confirmed(client, reported, lag="0") == {}
    assert confirmed(client, reported, lag="1") == {"2021-01-01": 100, "2021-01-02": 110}
    assert confirmed(client, reported, lag="31") == {"2021-01-01": 90, "2021-01-02": 110}
    assert confirmed(client, reported, lag="31", as_of="2021-01-31") == {"2021-01-01": 100, "2021-01-02": 110}
    refused = client.get("/v1/metrics", params={"region": REGION, "lag": "-1"})
    assert refused.status_code == 422


def test_a_day_that_a_later_report_passes_over_is_flagged(
    client: httpx.Client, append: Append, reported: str
) -> None:
    at = {"source": reported, "region": REGION, "confirmed": 90, "reported_at": "2021-03-01T00:00:00Z"}
    append({**at, "date": "2021-01-01"}, {**at, "date": "2021-01-03"})
    flags = {row["date"]: row["carried"] for row in rows(client, reported, as_of="2021-03-01")}
    assert flags == {"2021-01-01": False, "2021-01-02": True, "2021-01-03": False}
    before = rows(client, reported, as_of="2021-02-28", fields="carried")
    assert [row["carried"] for row in before] == [False, False]
    asked = {"region": REGION, "source": reported, "fields": "carried"}
    assert client.get("/v1/metrics", params=asked).status_code == 422


def test_every_value_that_a_record_has_had(client: httpx.Client, writer: httpx.Client, reported: str) -> None:
    key = f"{reported}:{REGION}:2021-01-01"
    correction = {"source": reported, "region": REGION, "date": "2021-01-01", "confirmed": 95}
    request = writer.post("/v1/records", json=correction)
    assert request.status_code == 202
    answer = client.get("/v1/revisions", params={"id": key}).raise_for_status().json()
    assert answer["complete"]
    found = [(one["kind"], one["values"], one["reported_at"][:10]) for one in answer["data"]]
    assert found[:2] == [
        ("report", {"confirmed": 100}, "2021-01-02"),
        ("report", {"confirmed": 90}, "2021-02-01"),
    ]
    (kind, values, _) = found[2]
    assert (kind, values) == ("correction", {"confirmed": 95})
    assert answer["data"][2]["actor"].startswith("api:")
    assert client.get("/v1/revisions", params={"id": f"{reported}:{REGION}:2020-01-01"}).status_code == 404
    assert client.get("/v1/revisions", params={"id": f"merged:{REGION}:2021-01-01"}).status_code == 422


def test_a_record_its_arithmetic_and_its_chart_as_of_a_moment(client: httpx.Client, reported: str) -> None:
    key = f"{reported}:{REGION}:2021-01-02"
    for as_of, new, arithmetic in (
        ("2021-01-31", 10, "110 − 100"),
        ("2021-02-28", 20, "110 − 90"),
    ):
        record = client.get("/v1/records", params={"id": key, "as_of": as_of}).raise_for_status().json()
        assert (record["confirmed"], record["new_confirmed"]) == (110, new)
        asked = {"id": key, "metric": "new_confirmed", "as_of": as_of}
        explained = client.get("/v1/explain", params=asked).raise_for_status().json()
        assert (explained["value"], explained["arithmetic"]) == (new, arithmetic)
    assert client.get("/v1/records", params={"id": key, "as_of": "2021-01-01"}).status_code == 404
    asked = {"source": reported, "metric": "confirmed"}
    drawn = [
        client.get(f"/v1/charts/{REGION}.svg", params={**asked, "as_of": day}).raise_for_status().content
        for day in ("2021-01-02", "2021-01-31", "2021-02-28")
    ]
    assert len(set(drawn)) == 3
    assert client.get(f"/v1/charts/{REGION}.svg", params={**asked, "as_of": "2020-12-31"}).status_code == 404


def test_pages_and_formats(client: httpx.Client, reported: str) -> None:
    asked = {"source": reported, "region": REGION, "as_of": "2021-01-31"}
    first = client.get("/v1/metrics", params={**asked, "limit": 1})
    cursor = first.json()["next"]
    second = client.get("/v1/metrics", params={**asked, "limit": 1, "cursor": cursor}).json()
    assert [row["date"] for row in first.json()["data"] + second["data"]] == ["2021-01-01", "2021-01-02"]
    assert second["next"] is None
    other = client.get("/v1/metrics", params={**asked, "as_of": "2021-02-28", "limit": 1, "cursor": cursor})
    assert other.status_code == 422
    text = client.get("/v1/metrics", params={**asked, "format": "csv", "fields": "confirmed"}).text
    assert [row["confirmed"] for row in csv.DictReader(io.StringIO(text))] == ["100", "110"]


@pytest.mark.parametrize("moment", ["yesterday", "2021-13-01", "2021-01-01T00:00:00", ""])
@pytest.mark.parametrize("name", ["as_of", "known_at"])
def test_what_is_no_moment_is_refused(client: httpx.Client, name: str, moment: str) -> None:
    answer = client.get("/v1/metrics", params={"region": REGION, name: moment})
    assert answer.status_code == 422
    assert name in answer.text
    assert "YYYY-MM-DD" in answer.text


@pytest.mark.parametrize(
    ("path", "more"), [("metrics", {"as_of": "2021-01-01"}), ("corrections", {}), ("disagreements", {})]
)
def test_too_many_regions_at_once_are_refused(client: httpx.Client, path: str, more: dict[str, str]) -> None:
    codes = [region["region"] for region in client.get("/v1/regions").json()["data"]]
    answer = client.get(f"/v1/{path}", params={"region": ",".join(codes), **more})
    assert answer.status_code == 422
    assert "at most 50" in answer.json()["detail"]


def test_corrections_between_reports_and_along_the_series(
    client: httpx.Client, append: Append, reported: str
) -> None:
    fallen = {"source": reported, "region": REGION, "date": "2021-01-03", "confirmed": 80}
    append({**fallen, "reported_at": "2021-02-02T00:00:00Z"})
    asked = {"region": REGION, "source": reported}
    answer = client.get("/v1/corrections", params=asked)
    assert answer.status_code == 200, answer.text
    decreased, restated = answer.json()["data"]
    place = {"source": reported, "region": REGION, "field": "confirmed"}
    assert decreased == {
        **place, "kind": "decreased", "date": "2021-01-03", "old": 110, "new": 80, "size": -30,
        "reported_at": None, "offset": None,
    }  # fmt: skip
    assert restated.items() >= {
        **place, "kind": "restated", "date": "2021-01-01", "old": 100, "new": 90, "size": -10,
        "reported_at": "2021-02-01T00:00:00+00:00",
    }.items()  # fmt: skip
    only = client.get("/v1/corrections", params={**asked, "kind": "restated", "to": "2021-01-02"}).json()
    assert only["data"] == [restated]
    feed = ElementTree.fromstring(client.get("/v1/corrections.atom", params=asked).content)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    place = f"{reported} {REGION}"
    assert titles == [
        f"{place} 2021-01-01, confirmed: 100 to 90 (-10)",
        f"{place} 2021-01-03, confirmed: 110 to 80 (-30)",
    ]
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        # RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have.
        assert all(element.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    text = client.get("/v1/corrections", params={**asked, "format": "csv"}).text
    assert [row["size"] for row in csv.DictReader(io.StringIO(text))] == ["-30", "-10"]
    wrong = client.get("/v1/corrections", params={**asked, "from": "2021-01-02", "to": "2021-01-01"})
    assert wrong.status_code == 422


def test_disagreements_of_the_two_publishers(client: httpx.Client, different: str) -> None:
    day = different
    asked = {"region": REGION, "from": day, "to": day, "field": "deaths"}
    (now,) = client.get("/v1/disagreements", params=asked).raise_for_status().json()["data"]
    place = {"region": REGION, "date": day, "field": "deaths"}
    assert now == {
        **place, "phac": 50, "jhu": 60, "difference": 10, "relative": 0.2, "reason": "restated",
    }  # fmt: skip
    (before,) = client.get("/v1/disagreements", params={**asked, "as_of": "2020-01-02"}).json()["data"]
    assert (before["jhu"], before["reason"]) == (40, None)
