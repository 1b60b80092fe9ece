"""What invokes the functions on AWS: S3's notifications, and Lambda's reader of a table's stream.

Neither is part of the servers here, so both are done by asking: the bucket for new objects, the stream for
new records. Their events have AWS's shape.
"""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote_plus

from botocore.exceptions import BotoCoreError, ClientError

from covid_cli.batch.functions import Function, FunctionError

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_s3 import S3Client

BATCH: Final = 500
"""Most records of one invocation, as in the template."""

_PAUSE_SECONDS: Final = 0.2
_RETRIES: Final = 2
"""How often Lambda tries an event of S3 again."""

Told = Callable[[str], None]


class _Object(NamedTuple):
    key: str
    tag: str
    modified: dt.datetime


class _Source(ABC):
    """A thread that looks again and again until it is closed."""

    def __init__(self, function: Function, told: Told) -> None:
        self._function = function
        self._told = told
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin with what comes from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(_PAUSE_SECONDS):
            try:
                self.look()
            except (BotoCoreError, ClientError) as error:
                self._told(str(error))

    @abstractmethod
    def look(self) -> None:
        """Look once, and invoke the function for what is new."""


class BucketNotifications(_Source):
    """Invokes a function for every new object under a prefix that ends with `.csv`."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, function: Function, told: Told) -> None:
        """`told` hears what the function could not do."""
        super().__init__(function, told)
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._seen = set(self._objects())

    def look(self) -> None:
        """Invoke it for what is new."""
        for found in self._objects():
            if found not in self._seen and found.key.endswith(".csv"):
                self._seen.add(found)
                self._invoke(notification(self._bucket, found.key, found.tag))

    def _objects(self) -> Iterator[_Object]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        for page in pages:
            for each in page.get("Contents", ()):
                yield _Object(each["Key"], each["ETag"].strip('"'), each["LastModified"])

    def _invoke(self, event: Any) -> None:
        for left in range(_RETRIES, -1, -1):
            try:
                self._function.invoke(event)
                return
            except FunctionError as error:
                if not left:
                    self._told(f"uploads: {error}")


class TableStream(_Source):
    """Invokes a function with every change of a table, in order, until each batch has been taken."""

    def __init__(self, client: DynamoDBStreamsClient, arn: str, function: Function, told: Told) -> None:
        """`arn`: the stream's. `told` hears what the function could not do."""
        super().__init__(function, told)
        self._client = client
        self._arn = arn
        # What was there before is not sent again.
        self._iterators = {shard: self._iterator(shard, "LATEST") for shard in self._shards()}

    def look(self) -> None:
        """Invoke it with what is new."""
        for shard in self._shards():
            if shard not in self._iterators:
                self._iterators[shard] = self._iterator(shard, "TRIM_HORIZON")
        for shard, iterator in list(self._iterators.items()):
            if iterator is None:
                continue
            found = self._client.get_records(ShardIterator=iterator, Limit=BATCH)
            self._take([self._plain(record) for record in found["Records"]])
            self._iterators[shard] = found.get("NextShardIterator")

    def _shards(self) -> list[str]:
        described: Any = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        return [shard["ShardId"] for shard in described["Shards"]]

    def _iterator(self, shard: str, kind: str) -> str | None:
        asked: Any = {"StreamArn": self._arn, "ShardId": shard, "ShardIteratorType": kind}
        return self._client.get_shard_iterator(**asked)["ShardIterator"]

    def _take(self, records: Sequence[Any]) -> None:
        while records and not self._closing.is_set():
            try:
                answer = self._function.invoke({"Records": records})
            except FunctionError as error:
                self._told(f"changes: {error}")
                self._closing.wait(1)
                continue
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            if not failed:
                return
            first = next(i for i, each in enumerate(records) if each["dynamodb"]["SequenceNumber"] in failed)
            records = records[first:]
            self._closing.wait(1)

    def _plain(self, record: Any) -> Any:
        created: dt.datetime = record["dynamodb"]["ApproximateCreationDateTime"]
        data = {**record["dynamodb"], "ApproximateCreationDateTime": created.timestamp()}
        return {**record, "dynamodb": data, "eventSourceARN": self._arn}


def notification(bucket: str, key: str, tag: str) -> Any:
    """S3's event of one new object of a bucket without versions."""
    stored = {"key": quote_plus(key, safe="/"), "eTag": tag, "sequencer": "0"}
    return {
        "Records": [
            {
                "eventVersion": "2.3",
                "eventSource": "aws:s3",
                "awsRegion": "ca-central-1",
                "eventTime": dt.datetime.now(dt.UTC).isoformat(),
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "uploads",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": stored,
                },
            }
        ]
    }
