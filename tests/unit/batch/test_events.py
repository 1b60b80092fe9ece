"""Events of another shape, or for another function, are told from one's own before anything is done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from covid_batch.aws_lambda import events
from covid_batch.aws_lambda.events import BadEvent, Change, Upload

AT = dt.datetime(2021, 3, 1, 12, 0, 0, 7000, tzinfo=dt.UTC)


def notified(**changes: Any) -> Any:
    stored = {"key": "inbox/a+b%C3%A9.csv", "eTag": '"abc"', "size": 3}
    given = {"event": "ObjectCreated:Put", "bucket": "ours", "object": stored} | changes
    record = {
        "eventSource": "aws:s3",
        "eventName": given["event"],
        "eventTime": given.get("time", "2021-03-01T12:00:00.007Z"),
        "s3": {"bucket": {"name": given["bucket"]}, "object": given["object"]},
    }
    return {"Records": [record]}


def changed(name: str = "INSERT", **changes: Any) -> Any:
    data = {"Keys": {"id": {"S": "x"}}, "SequenceNumber": "7", "NewImage": {"id": {"S": "x"}}} | changes
    record = {
        "eventID": "e1",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:ca-central-1:1:table/covid_inbox/stream/2026",
        "dynamodb": {key: value for key, value in data.items() if value is not None},
    }
    return {"Records": [record]}


def test_an_upload() -> None:
    assert events.uploads(notified(), "ours", "inbox/") == [Upload("ours", "inbox/a bé.csv", None, "abc", AT)]


def test_an_upload_with_a_version() -> None:
    stored = {"key": "inbox/a.csv", "eTag": "abc", "versionId": "v1"}
    (upload,) = events.uploads(notified(object=stored), "ours", "inbox/")
    assert (upload.version_id, upload.version, upload.uri) == ("v1", "v1", "s3://ours/inbox/a.csv")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (None, "not an S3 notification"),
        ({}, "not an S3 notification: Object missing required field `Records`"),
        ({"Records": []}, "without records"),
        ({"Records": [{"Sns": {}}]}, "not an S3 notification"),
        (changed(), "not an S3 notification"),
        (notified(time="2021-03-01T12:00:00.007"), "not an S3 notification"),
        (notified(bucket="theirs"), "s3://theirs/.* is of another bucket than ours"),
        (notified(object={"key": "inbox-reports/a.csv"}), "is not inbox/….csv"),
        (notified(object={"key": "inbox/a.txt"}), "is not inbox/….csv"),
        (notified(event="ObjectRemoved:Delete"), "no creation"),
    ],
)
def test_what_is_no_upload(event: Any, says: str) -> None:
    with pytest.raises(BadEvent, match=says):
        events.uploads(event, "ours", "inbox/")


def test_a_change() -> None:
    assert events.table_changes(changed(), "covid_inbox", "id") == [
        Change("e1", "7", "x", None, {"id": {"S": "x"}})
    ]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ([], "not a batch of a DynamoDB stream"),
        (notified(), "not a batch of a DynamoDB stream"),
        (changed("REPLACE"), "not a batch of a DynamoDB stream"),
        (changed("MODIFY"), "must be NEW_AND_OLD_IMAGES"),
        (changed(NewImage=None), "must be NEW_AND_OLD_IMAGES"),
        (changed(Keys={"pk": {"S": "x"}}), "key is not id"),
    ],
)
def test_what_is_no_change(event: Any, says: str) -> None:
    with pytest.raises(BadEvent, match=says):
        events.table_changes(event, "covid_inbox", "id")


def test_the_stream_of_another_table() -> None:
    with pytest.raises(BadEvent, match="is not the stream of covid_metrics"):
        events.table_changes(changed(), "covid_metrics", "id")
