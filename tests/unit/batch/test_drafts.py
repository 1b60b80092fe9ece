"""Objects get their names once a store holds what is in them."""

from __future__ import annotations

from typing import cast

import pytest
from botocore.exceptions import ClientError

from covid_batch.stores.bucket import Bucket
from covid_batch.stores.drafts import drafts
from covid_batch.stores.errors import Unusable

KEYS = {"a": "batch/store/a.csv", "b": "batch/store/b.csv"}


class Memory:
    """A bucket, as far as drafts need one."""

    def __init__(self) -> None:
        self.objects = {"batch/store/a.csv": b"of before"}
        self.refused: list[str] = []
        """Keys to which nothing can be renamed, once each time that they stand here."""

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def rename(self, source: str, target: str) -> None:
        if target in self.refused:
            self.refused.remove(target)
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "reduce your rate"}}, "CopyObject")
        self.objects[target] = self.objects.pop(source)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


def test_drafts_get_their_keys_at_the_end() -> None:
    bucket = Memory()
    with drafts(cast(Bucket, bucket), KEYS) as written:
        assert list(written) == ["a", "b"]
        for table, key in written.items():
            assert key.startswith("batch/store/loading/")
            bucket.put(key, table.encode())
        assert bucket.objects["batch/store/a.csv"] == b"of before"
    assert bucket.objects == {"batch/store/a.csv": b"a", "batch/store/b.csv": b"b"}


def test_where_the_store_fails_the_objects_are_as_before() -> None:
    bucket = Memory()
    with pytest.raises(KeyboardInterrupt), drafts(cast(Bucket, bucket), KEYS) as written:
        bucket.put(written["a"], b"a")
        raise KeyboardInterrupt
    assert bucket.objects == {"batch/store/a.csv": b"of before"}


def test_a_draft_that_cannot_be_renamed_at_once_is_renamed_later() -> None:
    bucket = Memory()
    bucket.refused = ["batch/store/b.csv"] * 2
    with drafts(cast(Bucket, bucket), KEYS, pauses=(0, 0)) as written:
        for table, key in written.items():
            bucket.put(key, table.encode())
    assert bucket.objects == {"batch/store/a.csv": b"a", "batch/store/b.csv": b"b"}


def test_what_a_store_holds_stays_where_it_cannot_be_renamed() -> None:
    bucket = Memory()
    bucket.refused = ["batch/store/b.csv"] * 3
    with (
        pytest.raises(
            Unusable, match=r"tables hold the new rows, but .*/b.csv could not be renamed to .*SlowDown"
        ),
        drafts(cast(Bucket, bucket), KEYS, pauses=(0, 0)) as written,
    ):
        for table, key in written.items():
            bucket.put(key, table.encode())
    assert bucket.objects == {"batch/store/a.csv": b"a", written["b"]: b"b"}


def test_two_attempts_have_drafts_of_their_own() -> None:
    bucket = cast(Bucket, Memory())
    with pytest.raises(KeyError), drafts(bucket, KEYS) as one, drafts(bucket, KEYS) as other:
        assert not set(one.values()) & set(other.values())
        raise KeyError
