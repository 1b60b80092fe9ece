"""The archive of the log: each message once and byte for byte, on Iceberg in SeaweedFS."""

from __future__ import annotations

from typing import Any

import pytest
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC

from covid_core import topics
from covid_core.records import Record, encode
from covid_sinks.contract import Message
from covid_sinks.iceberg.archive import IcebergArchive
from tests.contract.lake import LakeStore
from tests.contract.suite import DAY

RECEIVED = 1_654_430_400_123


@pytest.fixture
def store(stack: Any) -> LakeStore:
    return LakeStore(dict(stack.settings))


class TestArchive:
    def archive(self, store: LakeStore, topic_id: str = "a") -> IcebergArchive:
        opened = IcebergArchive(store.lake(), lambda: topic_id, store.name)
        opened.open()
        return opened

    def test_messages_are_kept_byte_for_byte(self, store: LakeStore) -> None:
        record = Record(source="phac", region="CA-ON", date=DAY, confirmed=5)
        sent = [
            Message(
                topics.RECORDS, 1, 7, RECEIVED, b"CA-ON", encode(record), (("file", b"a.csv"), ("x", None))
            ),
            Message(topics.RECORDS, 0, 3, RECEIVED + 1, None, b"\xff not json", ()),
            Message(topics.RECORDS, 2, 0, RECEIVED + 2, b"", None, ()),
        ]
        archive = self.archive(store)
        assert archive.append(sent) == 3
        found = store.table().scan().to_arrow().sort_by("partition").to_pylist()
        assert [(r["topic_id"], r["partition"], r["offset"], r["key"], r["value"]) for r in found] == [
            ("a", 0, 3, None, b"\xff not json"),
            ("a", 1, 7, b"CA-ON", encode(record)),
            ("a", 2, 0, b"", None),
        ]
        assert [int(r["timestamp"].timestamp() * 1000 + 0.5) - RECEIVED for r in found] == [1, 0, 2]
        assert found[1]["headers"] == [{"name": "file", "value": b"a.csv"}, {"name": "x", "value": None}]
        assert [(r["source"], r["region"], r["date"]) for r in found] == [
            (None, None, None),
            ("phac", "CA-ON", DAY),
            (None, None, None),
        ]

    def test_a_message_is_kept_once_over_replays_and_restarts(self, store: LakeStore) -> None:
        log = [Message(topics.RECORDS, i % 2, i // 2, RECEIVED, None, b"%d" % i, ()) for i in range(10)]
        archive = self.archive(store)
        assert archive.append(log[:6]) == 6
        assert archive.append(log[:6]) == 0
        again = self.archive(store)
        assert again.append(log[2:]) == 4
        assert sorted(store.table().scan().to_arrow()["value"].to_pylist()) == [b"%d" % i for i in range(10)]

    def test_a_topic_made_anew_is_kept_beside_the_old_one(self, store: LakeStore) -> None:
        message = Message(topics.RECORDS, 0, 0, RECEIVED, None, b"one", ())
        assert self.archive(store).append([message]) == 1
        assert self.archive(store, "b").append([message._replace(value=b"two")]) == 1
        assert sorted(store.table().scan().to_arrow()["topic_id"].to_pylist()) == ["a", "b"]

    def test_two_writers_keep_a_message_once(self, store: LakeStore) -> None:
        log = [Message(topics.RECORDS, 0, i, RECEIVED, None, b"%d" % i, ()) for i in range(5)]
        first, second = self.archive(store), self.archive(store)
        assert first.append(log) == 5
        assert second.append(log) == 0
        assert len(store.table().scan().to_arrow()) == 5

    def test_the_archive_is_one_table_without_partitions(self, store: LakeStore) -> None:
        self.archive(store)
        assert store.table().spec() == UNPARTITIONED_PARTITION_SPEC
