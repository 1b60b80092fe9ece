"""Reading: the catalogue, rows in every format, pages, and single records."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pyarrow.parquet as pq
import pytest

from covid_core.rows import NAMES, Row

pytestmark = pytest.mark.integration

SHOWN = tuple(name for name in NAMES if name != "deleted")


def shown(rows: list[Row], source: str = "merged", *regions: str) -> list[dict[str, Any]]:
    """The live rows of a source as the API must give them: in order, dates as text."""
    chosen = [
        row
        for row in rows
        if row.source == source and not row.deleted and (not regions or row.region in regions)
    ]
    chosen.sort(key=lambda row: (row.region, row.date))
    objects = [msgspec.structs.asdict(row) for row in chosen]
    return [{name: o[name] if name != "date" else o[name].isoformat() for name in SHOWN} for o in objects]


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_sources(client: httpx.Client, stored: list[Row]) -> None:
    found = {entry["source"]: entry for entry in get(client, "/v1/sources")["data"]}
    for source in ("merged", "phac"):
        assert found[source]["regions"] == sorted({row.region for row in stored if row.source == source})
    assert "Public Health Agency" in found["phac"]["name"]


def test_regions(client: httpx.Client, stored: list[Row]) -> None:
    found = {entry["region"]: entry for entry in get(client, "/v1/regions")["data"]}
    assert set(found["CA-ON"]["sources"]) >= {"merged", "phac"}
    assert found["CA-ON"]["population"] == 14826276
    assert found["CA-QC"]["name_fr"] == "Québec"
    assert found["FR"]["population"] is None
    assert len(found) > 200
    assert [entry["region"] for entry in get(client, "/v1/regions", source="phac")["data"]] == ["CA-ON"]


def test_measures(client: httpx.Client) -> None:
    found = client.get("/v1/measures").json()
    columns = set(
        client.get("/openapi.json").json()["paths"]["/v1/metrics"]["get"]["responses"]["200"]["content"][
            "application/x-ndjson"
        ]["schema"]["properties"]
    )
    assert {measure["column"] for measure in found["data"]} <= columns
    (doubling,) = [each for each in found["data"] if each["column"] == "doubling_time"]
    assert (doubling["inputs"], doubling["days"]) == (["confirmed"], [0, 7])
    assert doubling["unit"] == {"en": "days", "fr": "jours"}


def test_all_rows_by_default(client: httpx.Client, stored: list[Row]) -> None:
    answer = get(client, "/v1/metrics")
    assert answer["next"] is None
    regions = {row.region for row in stored if row.source == "merged"}
    assert [row for row in answer["data"] if row["region"] in regions] == shown(stored)


def test_deleted_rows_are_hidden(client: httpx.Client, stored: list[Row]) -> None:
    gone = {row.date.isoformat() for row in stored if row.region == "CA-QC" and row.deleted}
    dates = {row["date"] for row in get(client, "/v1/metrics", region="CA-QC")["data"]}
    assert gone
    assert not gone & dates


def test_choosing_source_regions_dates_and_fields(client: httpx.Client, stored: list[Row]) -> None:
    answer = get(
        client,
        "/v1/metrics",
        region=["CA-QC", "CA-ON"],
        to="2020-02-10",
        fields="recovered_status,confirmed",
        **{"from": "2020-02-01"},
    )
    expected = [
        {name: row[name] for name in ("source", "region", "date", "confirmed", "recovered_status")}
        for row in shown(stored, "merged", "CA-ON", "CA-QC")
        if "2020-02-01" <= row["date"] <= "2020-02-10"
    ]
    assert answer["data"] == expected
    assert get(client, "/v1/metrics", source="phac")["data"] == shown(stored, "phac")


def test_a_source_or_region_without_rows_is_empty(client: httpx.Client) -> None:
    assert get(client, "/v1/metrics", source="nobody") == {"data": [], "next": None}
    assert get(client, "/v1/metrics", region="DE", source="phac") == {"data": [], "next": None}


def test_ndjson(client: httpx.Client, stored: list[Row]) -> None:
    answer = client.get("/v1/metrics", params={"format": "ndjson", "region": "CA"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == shown(stored, "merged", "CA")


def test_csv(client: httpx.Client, stored: list[Row]) -> None:
    answer = client.get("/v1/metrics", params={"format": "csv", "region": "CA"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="covid-merged.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in shown(stored, "merged", "CA")
    ]


def test_parquet(client: httpx.Client, stored: list[Row]) -> None:
    answer = client.get("/v1/metrics", params={"format": "parquet", "region": "CA"})
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    table = pq.read_table(io.BytesIO(answer.content))
    expected = [{**row, "date": dt.date.fromisoformat(row["date"])} for row in shown(stored, "merged", "CA")]
    assert table.to_pylist() == expected
    assert table.schema.field("doubling_time").metadata[b"unit"] == b"days"


@pytest.mark.parametrize("limit", [1, 7, 59, 200])
def test_pages_make_the_same_as_one_read(client: httpx.Client, stored: list[Row], limit: int) -> None:
    parameters: dict[str, Any] = {"region": ["CA-ON", "CA-QC", "FR"], "limit": limit}
    rows: list[Any] = []
    while True:
        answer = client.get("/v1/metrics", params=parameters)
        page = answer.json()
        rows += page["data"]
        assert ("link" in answer.headers) == (page["next"] is not None)
        if page["next"] is None:
            break
        assert len(page["data"]) == limit
        parameters["cursor"] = page["next"]
    assert rows == shown(stored, "merged", "CA-ON", "CA-QC", "FR")


def test_the_link_header_leads_through_every_format(client: httpx.Client, stored: list[Row]) -> None:
    url: str | None = "/v1/metrics?region=CA&region=CA-ON&format=ndjson&limit=900&fields=confirmed"
    rows = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        rows += [json.loads(line) for line in answer.text.splitlines()]
        url = answer.links.get("next", {}).get("url")
    expected = shown(stored, "merged", "CA", "CA-ON")
    assert rows == [
        {name: row[name] for name in ("source", "region", "date", "confirmed")} for row in expected
    ]


def test_a_last_page_that_is_exactly_full_has_no_next(client: httpx.Client, stored: list[Row]) -> None:
    count = len(shown(stored, "merged", "FR"))
    answer = get(client, "/v1/metrics", region="FR", limit=count)
    assert len(answer["data"]) == count
    assert answer["next"] is None


def test_one_record(client: httpx.Client, stored: list[Row]) -> None:
    row = next(row for row in stored if row.source == "phac" and not row.deleted)
    expected = shown([row], "phac")[0]
    found = get(client, "/v1/records", id=f"phac:CA-ON:{row.date}")
    assert found == {"id": f"phac:CA-ON:{row.date}", **expected}


def test_a_merged_record_can_be_looked_up(client: httpx.Client, stored: list[Row]) -> None:
    row = next(row for row in stored if row.source == "merged" and not row.deleted)
    assert get(client, "/v1/records", id=f"merged:{row.region}:{row.date}")["lineage"] == row.lineage


def test_deleted_and_unknown_records_are_not_found(client: httpx.Client, stored: list[Row]) -> None:
    gone = next(row for row in stored if row.source == "phac" and row.deleted)
    for record_id in (f"phac:CA-ON:{gone.date}", "phac:CA-ON:1999-01-01"):
        answer = client.get("/v1/records", params={"id": record_id})
        assert answer.status_code == 404
        assert record_id in answer.json()["detail"]


class CuttingProxy:
    """Passes a TCP connection on to a server, and cuts it after so many bytes of the answer."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.remaining: int | None = None
        self.passed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            outer = socket.create_connection(self._target)
            for source, target, limited in ((inner, outer, False), (outer, inner, True)):
                threading.Thread(target=self._pass, args=(source, target, limited), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, limited: bool) -> None:
        try:
            while data := source.recv(65536):
                if limited:
                    self.passed += len(data)
                    if self.remaining is not None:
                        self.remaining -= len(data)
                        if self.remaining < 0:
                            break
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


@pytest.fixture
def cutting(api_env: dict[str, str]) -> Iterator[CuttingProxy]:
    address = urlsplit(api_env["COVID_DYNAMODB_ENDPOINT"])
    assert address.hostname
    assert address.port
    proxy = CuttingProxy((address.hostname, address.port))
    yield proxy
    proxy.close()


def test_a_read_that_breaks_off_never_looks_complete(
    start: Callable[..., Any], cutting: CuttingProxy, stored: list[Row]
) -> None:
    with start(COVID_DYNAMODB_ENDPOINT=f"http://127.0.0.1:{cutting.port}") as service:
        whole = service.client.get("/v1/metrics", params={"region": "CA"})
        assert whole.json()["data"] == shown(stored, "merged", "CA")
        # Now the last of DynamoDB's pages does not come.
        cutting.remaining = cutting.passed - 1000
        with pytest.raises(httpx.RemoteProtocolError):
            service.client.get("/v1/metrics", params={"region": "CA"})
        # Half a page comes, then nothing at all: while no byte is out, the answer says so.
        for remaining in (100_000, 0):
            cutting.remaining = remaining
            answer = service.client.get("/v1/metrics", params={"region": "CA"})
            assert answer.status_code == 503
            assert answer.json()["part"] == "DynamoDB"
        cutting.remaining = None
        assert service.client.get("/readyz").status_code == 200


def test_a_number_explained(client: httpx.Client, stored: list[Row]) -> None:
    rows = {row.date: row for row in stored if (row.source, row.region) == ("phac", "CA-ON")}
    for date, row in rows.items():
        asked = {"id": f"phac:CA-ON:{date}", "metric": "new_confirmed"}
        answer = client.get("/v1/explain", params=asked)
        if row.deleted:
            assert answer.status_code == 404
            continue
        found = answer.raise_for_status().json()
        assert found["value"] == row.new_confirmed
        yesterday = date - dt.timedelta(days=1)
        before = rows.get(yesterday)
        known = None if before is None or before.deleted else before.confirmed
        assert [one["value"] for one in found["inputs"]] == [row.confirmed, known]
        assert found["inputs"][1]["id"] == f"phac:CA-ON:{yesterday}"
        assert found["inputs"][0]["lineage"] == [int(offset) for offset in row.lineage.split(",")]
        assert (found["reason"] is None) == (found["value"] is not None)
    wrong = client.get("/v1/explain", params={"id": "phac:CA-ON:2020-01-23", "metric": "r0"})
    assert wrong.status_code == 422
    for day in ("2019-01-23", "0001-01-01"):
        absent = client.get("/v1/explain", params={"id": f"phac:CA-ON:{day}", "metric": "new_confirmed"})
        assert absent.status_code == 404
