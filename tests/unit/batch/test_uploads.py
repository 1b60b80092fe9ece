"""Which uploads are loaded when S3 tells of them twice, late or in another order."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from covid_batch.aws_lambda.events import BadEvent
from covid_batch.aws_lambda.uploads import Overloaded, Uploads
from covid_core import inbox
from covid_core.records import Record
from covid_core.settings import InboxSettings

NOW = dt.datetime(2021, 3, 1, 12, tzinfo=dt.UTC)
KEY, ID = "inbox/edits.csv", "phac:CA-ON:2021-01-02"


class Bucket:
    """S3 as far as the function asks it. With `versions` an object keeps those before its newest."""

    def __init__(self, *, versions: bool = True) -> None:
        self._versions = versions
        self._objects: dict[str, list[dict[str, Any]]] = {}
        self._clock = NOW

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
        self._clock += dt.timedelta(seconds=1)
        number = len(self._objects.setdefault(Key, []))
        stored = {"ETag": f'"{hash(Body):x}"', "LastModified": self._clock, "Body": Body}
        self._objects[Key].append(stored | ({"VersionId": f"v{number + 1}"} if self._versions else {}))

    def delete_object(self, key: str) -> None:
        del self._objects[key]

    def head_object(self, *, Key: str, **_: Any) -> Any:
        return self._found(Key, None, "404")

    def get_object(self, *, Key: str, VersionId: str | None = None, **_: Any) -> Any:
        found = self._found(Key, VersionId, "NoSuchKey")
        return found | {"Body": io.BytesIO(found["Body"]), "ContentLength": len(found["Body"])}

    def drop(self, text: str) -> Any:
        """Upload a file; the notification of it."""
        self.put_object(Key=KEY, Body=text.encode())
        newest = self._objects[KEY][-1]
        told = {"key": KEY, "eTag": newest["ETag"].strip('"')}
        told |= {"versionId": newest["VersionId"]} if self._versions else {}
        named = {"bucket": {"name": "ours"}, "object": told}
        made = {"eventName": "ObjectCreated:Put", "eventTime": self._clock.isoformat()}
        return {"Records": [{"eventSource": "aws:s3", **made, "s3": named}]}

    def reports(self) -> list[Any]:
        return [json.loads(s[-1]["Body"]) for key, s in self._objects.items() if key != KEY]

    def _found(self, key: str, version: str | None, absent: str) -> Any:
        for stored in reversed(self._objects.get(key, [])):
            if version in (None, stored.get("VersionId")):
                return stored
        raise ClientError({"Error": {"Code": absent}}, "GetObject")


class Table:
    """DynamoDB as far as the function writes: the confirmed cases of each id, one after the other.

    `troubles`: what a transaction is cancelled for, one after the other, before any is done.
    """

    def __init__(self, *troubles: str) -> None:
        self.written: list[str] = []
        self.items: dict[str, Any] = {}
        self._troubles = list(troubles)

    def transact_write_items(self, TransactItems: Any) -> None:
        puts = [each["Put"] for each in TransactItems]
        if self._troubles:
            raise cancelled([self._troubles.pop(0), *["None"] * (len(puts) - 1)])
        codes = ["None" if self._is_older(put) else "ConditionalCheckFailed" for put in puts]
        if set(codes) != {"None"}:
            raise cancelled(codes)
        for put in puts:
            self.items[put["Item"]["id"]["S"]] = put["Item"]
            self.written.append(put["Item"]["confirmed"]["N"])

    def _is_older(self, put: Any) -> bool:
        assert put["ConditionExpression"] == "attribute_not_exists(said_at) OR said_at <= :at"
        stored = self.items.get(put["Item"]["id"]["S"], {})
        return int(stored.get("said_at", {"N": "0"})["N"]) <= int(
            put["ExpressionAttributeValues"][":at"]["N"]
        )


def cancelled(codes: list[str]) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


class Holding(Table):
    """Counts the items that have been made and not yet written, and keeps the most."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._held = 0
        self.most = 0
        item_of = inbox.item_of

        def counted(record: Record, actor: str, said_at: dt.datetime) -> Any:
            with self._lock:
                self._held += 1
                self.most = max(self.most, self._held)
            return item_of(record, actor, said_at)

        monkeypatch.setattr(inbox, "item_of", counted)

    def transact_write_items(self, TransactItems: Any) -> None:
        with self._lock:
            self._held -= len(TransactItems)
            super().transact_write_items(TransactItems)


def uploads(bucket: Any, table: Any) -> Uploads:
    return Uploads(bucket, table, "ours", InboxSettings(), lambda: NOW)


def says(confirmed: int) -> str:
    return f"id,confirmed\n{ID},{confirmed}\n"


@pytest.mark.parametrize("versions", [True, False])
def test_a_repeated_event_writes_nothing_and_is_answered_as_at_first(versions: bool) -> None:
    bucket, table = Bucket(versions=versions), Table()
    first = bucket.drop(says(1))
    (report,) = uploads(bucket, table).handle(first)
    table.written.append("a post in between")
    assert uploads(bucket, table).handle(first) == [report]
    assert table.written == ["1", "a post in between"]


@pytest.mark.parametrize("versions", [True, False])
def test_a_late_event_of_an_object_that_was_replaced_writes_nothing_and_its_report_says_so(
    versions: bool,
) -> None:
    bucket, table = Bucket(versions=versions), Table()
    first, second = bucket.drop(says(1)), bucket.drop(says(2))
    uploads(bucket, table).handle(second)
    (late,) = uploads(bucket, table).handle(first)
    assert table.written == ["2"]
    assert (late.accepted, [line.code for line in late.refused]) == (0, ["superseded"])
    assert [report["accepted"] for report in bucket.reports()] == [1, 0]


def test_a_repeated_event_of_an_object_that_was_replaced_keeps_its_report() -> None:
    bucket, table = Bucket(), Table()
    first = bucket.drop(says(1))
    (report,) = uploads(bucket, table).handle(first)
    bucket.drop(says(2))
    assert uploads(bucket, table).handle(first) == [report]
    assert [each["accepted"] for each in bucket.reports()] == [1]


def test_without_versions_the_same_bytes_are_loaded_again_when_they_are_uploaded_again() -> None:
    bucket, table = Bucket(versions=False), Table()
    for confirmed in (1, 2, 1):
        uploads(bucket, table).handle(bucket.drop(says(confirmed)))
    assert table.written == ["1", "2", "1"]


def test_an_event_of_an_object_that_is_gone_is_refused_unless_it_was_dealt_with() -> None:
    bucket, table = Bucket(), Table()
    first = bucket.drop(says(1))
    bucket.delete_object(KEY)
    with pytest.raises(BadEvent, match=r"edits\.csv is not there"):
        uploads(bucket, table).handle(first)
    again = bucket.drop(says(1))
    (report,) = uploads(bucket, table).handle(again)
    bucket.delete_object(KEY)
    assert uploads(bucket, table).handle(again) == [report]
    assert table.written == ["1"]


def test_of_a_large_file_no_more_items_are_held_than_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket, table = Bucket(), Holding(monkeypatch)
    days = [dt.date(2019, 6, 1) + dt.timedelta(day) for day in range(600)]
    text = "id,confirmed\n" + "".join(f"phac:CA-ON:{day},{number}\n" for number, day in enumerate(days))
    (report,) = uploads(bucket, table).handle(bucket.drop(text))
    assert report.accepted == len(set(table.written)) == 600
    assert table.most <= 4 * 100


def test_what_was_said_after_the_upload_stays_and_the_rest_of_the_file_is_written() -> None:
    bucket, table = Bucket(), Table()
    event = bucket.drop(f"{says(1)}phac:CA-QC:2021-01-02,3\n")
    posted = {"confirmed": {"N": "2"}, "said_at": {"N": str(int((NOW.timestamp() + 60) * 1000))}}
    table.items[ID] = posted
    (report,) = uploads(bucket, table).handle(event)
    assert (table.items[ID], table.written) == (posted, ["3"])
    assert (report.accepted, report.outdated) == (2, 1)


def test_a_file_none_of_which_is_newer_is_done() -> None:
    bucket, table = Bucket(), Table()
    event = bucket.drop(says(1))
    table.items[ID] = {"said_at": {"N": str(int((NOW.timestamp() + 60) * 1000))}}
    (report,) = uploads(bucket, table).handle(event)
    assert (table.written, report.outdated) == ([], 1)


def test_an_item_that_was_written_before_there_were_times_is_replaced() -> None:
    bucket, table = Bucket(), Table()
    table.items[ID] = {"confirmed": {"N": "9"}}
    uploads(bucket, table).handle(bucket.drop(says(1)))
    assert table.written == ["1"]


def test_what_is_in_the_way_for_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covid_batch.aws_lambda.uploads._PAUSE_SECONDS", 0)
    bucket, table = Bucket(), Table("TransactionConflict", "ThrottlingError")
    uploads(bucket, table).handle(bucket.drop(says(1)))
    assert table.written == ["1"]


def test_a_table_that_is_in_trouble_for_long_leaves_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covid_batch.aws_lambda.uploads._PAUSE_SECONDS", 0)
    bucket, table = Bucket(), Table(*["ThrottlingError"] * 8)
    event = bucket.drop(says(1))
    with pytest.raises(Overloaded, match="covid_inbox took only a part"):
        uploads(bucket, table).handle(event)
    assert (table.written, bucket.reports()) == ([], [])
    uploads(bucket, table).handle(event)
    assert table.written == ["1"]


def test_what_the_table_never_takes_is_no_matter_of_time() -> None:
    bucket, table = Bucket(), Table("ValidationError")
    with pytest.raises(ClientError):
        uploads(bucket, table).handle(bucket.drop(says(1)))
