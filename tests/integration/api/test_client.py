"""The Python client against the running API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from covid_client import Changed, Client, Deleted, Live, Problem, Reset, Row, Stream, Unreachable
from covid_core import rows
from tests.proxies import Proxy

from .conftest import KEY, REPORTED_REGION, Service, free_port

pytestmark = pytest.mark.integration

COLUMNS = [name for name in rows.NAMES if name != "deleted"]
Kind = TypeVar("Kind", bound=Live)


@pytest.fixture
def covid(service: Service) -> Iterator[Client]:
    """A client that may write."""
    with Client(service.url, KEY) as opened:
        yield opened


@pytest.fixture
def item(source: str) -> dict[str, Any]:
    """A record of one test's own."""
    return {"source": source, "region": "CA-NB", "date": "2021-01-02", "confirmed": 5}


@pytest.fixture
def id(source: str) -> str:
    """Its id."""
    return f"{source}:CA-NB:2021-01-02"


def following(stream: Stream, kind: type[Kind]) -> Kind:
    """The next change, which must be of a kind."""
    change = next(stream)
    assert isinstance(change, kind), change
    return change


def test_the_catalogue(covid: Client) -> None:
    assert {"merged", "phac"} <= {source["source"] for source in covid.sources()}
    assert [region["name"] for region in covid.regions("phac")] == ["Ontario"]
    assert len(covid.regions()) > 200


@pytest.mark.parametrize("rows_of_a_page", [7, 60, 5_000])
def test_every_page_is_read_in_every_form(covid: Client, stored: list[rows.Row], rows_of_a_page: int) -> None:
    wanted = covid.metrics(["CA-ON", "CA-QC"], page_rows=rows_of_a_page)
    found = list(wanted)
    keys = [(row["region"], row["date"]) for row in found]
    assert keys == sorted(
        (row.region, row.date.isoformat())
        for row in stored
        if row.source == "merged" and row.region in ("CA-ON", "CA-QC") and not row.deleted
    )
    table = wanted.to_arrow()
    assert [{**row, "date": row["date"].isoformat()} for row in table.to_pylist()] == found
    assert table.column_names == COLUMNS
    assert table.field("avg7_deaths").metadata[b"unit"] == b"persons/day"


def test_a_frame_keeps_null_apart_from_zero_and_counts_whole(covid: Client) -> None:
    wanted = covid.metrics(
        "CA", start=dt.date(2020, 2, 1), end="2020-03-31", fields=["confirmed", "incidence"]
    )
    frame, found = wanted.to_pandas(), list(wanted)
    assert list(frame) == ["source", "region", "date", "confirmed", "incidence"]
    assert [str(kind) for kind in frame.dtypes] == ["string", "string", "datetime64[ms]", "Int64", "Float64"]
    counts = [row["confirmed"] for row in found]
    assert None in counts
    assert 0 in counts
    assert [
        None if missing else count
        for count, missing in zip(frame.confirmed, frame.confirmed.isna(), strict=True)
    ] == counts
    assert frame.date.iloc[0] == dt.datetime.fromisoformat(found[0]["date"])


def test_rows_that_nobody_has_are_an_empty_table_with_its_columns(covid: Client) -> None:
    wanted = covid.metrics(source="nobody", fields="deaths")
    assert list(wanted) == []
    assert wanted.to_pandas().columns.to_list() == ["source", "region", "date", "deaths"]


def test_what_the_api_refuses_is_a_typed_problem(
    covid: Client, service: Service, item: dict[str, Any]
) -> None:
    with pytest.raises(Problem, match="not a known ISO 3166 code") as caught:
        covid.metrics("ONTARIO").to_arrow()
    assert (caught.value.status, caught.value.code) == (422, "unknown-region")
    with pytest.raises(Problem) as caught:
        covid.post([item, {**item, "deaths": -1}])
    assert caught.value.code == "invalid-record"
    assert [error["pointer"] for error in caught.value.members["errors"]] == ["#/1"]
    with Client(service.url) as reader, pytest.raises(Problem) as caught:
        reader.post(item)
    assert caught.value.status == 401


def test_nobody_there_is_unreachable() -> None:
    with Client(f"http://127.0.0.1:{free_port()}") as covid, pytest.raises(Unreachable, match="ConnectError"):
        covid.sources()


def test_a_correction_its_history_and_its_undoing(
    covid: Client, publish_report: Callable[[dict[str, Any]], None], item: dict[str, Any], id: str
) -> None:
    publish_report(item)
    written = covid.post({**item, "confirmed": 6}, wait=20)
    assert written["applied"] is True
    assert covid.records(id) == written["record"]
    assert covid.delete(id, wait=20)["confirmed"] is True
    with pytest.raises(Problem, match=id) as caught:
        covid.records(id)
    assert (caught.value.status, caught.value.code) == (404, "unknown-record")
    undone = covid.withdraw(id, wait=20)
    assert undone["record"] == covid.records(id)
    assert covid.records(id)["confirmed"] == 5
    history = covid.history(id)
    assert history["complete"] is True
    kinds = [entry["kind"] for entry in history["data"]]
    assert kinds == ["report", "correction", "deletion", "withdrawal"]


def test_what_was_corrected_in_every_form_and_as_of_a_moment(covid: Client, reported: str) -> None:
    asked = covid.corrections(REPORTED_REGION, reported, ["restated", "decreased"], end="2021-01-02")
    (restated,) = asked
    assert (restated["kind"], restated["date"], restated["size"]) == ("restated", "2021-01-01", -10)
    (line,) = asked.to_arrow().to_pylist()
    assert {**line, "date": line["date"].isoformat()} == restated
    frame = asked.to_pandas()
    assert [str(frame[name].dtype) for name in ("date", "old", "size")] == [
        "datetime64[ms]",
        "Int64",
        "Int64",
    ]
    assert list(covid.corrections(REPORTED_REGION, reported, as_of="2021-01-31")) == []
    assert list(covid.corrections(REPORTED_REGION, reported, known_at="2021-03-01")) == []


def test_where_the_sources_disagree_as_of_a_moment(covid: Client, different: str) -> None:
    asked = covid.disagreements(REPORTED_REGION, "deaths", different, different)
    assert [(line["phac"], line["jhu"], line["reason"]) for line in asked] == [(50, 60, "restated")]
    assert asked.to_pandas().relative.to_list() == [0.2]
    before = covid.disagreements(REPORTED_REGION, "deaths", different, different, as_of=dt.date(2020, 1, 2))
    assert [line["difference"] for line in before] == [-10]


def test_why_a_number_is_what_it_is_and_the_values_it_has_had(covid: Client, reported: str) -> None:
    id = f"{reported}:{REPORTED_REGION}:2021-01-02"
    then = covid.explain(id, "new_confirmed", as_of=dt.date(2021, 1, 31))
    assert (then["value"], then["arithmetic"]) == (10, "110 − 100")
    now = covid.explain(id, "new_confirmed", known_at=dt.datetime.now(dt.UTC))
    assert now["arithmetic"] == "110 − 90"
    before = now["inputs"][1]["id"]
    revisions = covid.revisions(before)
    assert revisions["complete"] is True
    assert [one["values"] for one in revisions["data"]] == [{"confirmed": 100}, {"confirmed": 90}]


def test_a_list_is_answered_by_a_list(live: Any, covid: Client, item: dict[str, Any]) -> None:
    days = [{**item, "date": f"2021-01-{day:02}"} for day in (2, 3)]
    assert [entry["id"][-2:] for entry in covid.post(days, wait=None)] == ["02", "03"]


def test_changes_and_deletions_are_pushed(live: Any, covid: Client, item: dict[str, Any], id: str) -> None:
    with covid.stream(regions="CA-NB", sources=item["source"]) as stream:
        covid.post(item, wait=20)
        row = following(stream, Changed).row
        (shown,) = covid.metrics("CA-NB", item["source"])
        assert row == shown
        covid.delete(id, wait=20)
        gone = following(stream, Deleted)
    assert (gone.source, gone.region, gone.date) == (row["source"], row["region"], row["date"])
    assert gone.revision > row["revision"]


def test_a_stream_goes_on_where_it_broke_off(
    live: Any, covid: Client, service: Service, item: dict[str, Any]
) -> None:
    proxy = Proxy("127.0.0.1", service.port)

    def correct(count: int) -> None:
        covid.post({**item, "confirmed": count}, wait=20)

    def upto(stream: Stream, count: int) -> list[Row]:
        """The rows up to the one with a count; some may come twice."""
        found = []
        while not found or found[-1]["confirmed"] != count:
            found.append(following(stream, Changed).row)
        return found

    try:
        with Client(f"http://127.0.0.1:{proxy.port}") as through:
            with through.stream("CA-NB", item["source"]) as stream:
                correct(1)
                assert upto(stream, 1)
                proxy.cut()
                correct(2)
                correct(3)
                proxy.restore()
                assert {2, 3} <= {row["confirmed"] for row in upto(stream, 3)}
                place = stream.last_event_id
            correct(4)
            with through.stream("CA-NB", item["source"], last_event_id=place) as stream:
                assert upto(stream, 4)
    finally:
        proxy.close()


def test_a_stream_that_cannot_be_opened_again_ends(live: Any, covid: Client, service: Service) -> None:
    proxy = Proxy("127.0.0.1", service.port)
    with (
        Client(f"http://127.0.0.1:{proxy.port}", patience=3) as through,
        through.stream("CA-NB", "nobody") as stream,
    ):
        proxy.close()
        with pytest.raises(Unreachable, match="could not be opened again"):
            next(stream)


def test_lost_changes_are_told_and_the_stream_goes_on(live: Any, covid: Client, item: dict[str, Any]) -> None:
    with covid.stream(sources=item["source"], last_event_id="0:1") as stream:
        reset = following(stream, Reset)
        assert reset.reason == "unknown-position"
        assert "load again" in reset.detail
        covid.post(item, wait=20)
        assert following(stream, Changed).row["confirmed"] == 5


def test_a_stream_of_an_unknown_region_is_a_problem(covid: Client) -> None:
    with pytest.raises(Problem) as caught:
        covid.stream("ONTARIO")
    assert caught.value.code == "unknown-region"
