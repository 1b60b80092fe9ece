"""What cannot be published, and what is said of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from covid_core import dlq, topics
from covid_producer import kafka
from covid_producer.kafka import Log, LogUnavailable
from tests.integration.producer.files import phac
from tests.integration.producer.processes import Publish
from tests.integration.producer.tap import Tap

pytestmark = pytest.mark.integration


def test_a_file_that_cannot_be_used_costs_itself_only(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    mixed = phac("2021-01-13", "14-01-2021")
    (tmp_path / "mixed.csv").write_text(mixed)
    assert publish(tmp_path).returncode == 1
    (tmp_path / "good.csv").write_text(phac("2021-01-13"))
    result = publish(tmp_path)
    assert result.returncode == 3
    assert "mixed.csv, line 3, column date" in result.stdout
    tap.read()
    assert len(tap.records()) == 1
    sha256 = hashlib.sha256(mixed.encode()).hexdigest()
    letter = tap.letters()[-1]
    assert letter.origin == dlq.FileOrigin("mixed.csv", sha256, 3, "date")
    assert (letter.raw, letter.sha256) == (mixed.encode(), sha256)
    assert sha256 not in tap.finished()


def test_a_file_of_nobodys_is_an_error_when_asked_for(tmp_path: Path, tap: Tap, publish: Publish) -> None:
    other, good = tmp_path / "other.csv", tmp_path / "good.csv"
    other.write_text("a,b\n1,2\n")
    good.write_text(phac("2021-01-13"))
    assert publish(other).returncode == 1
    both = publish(other, good)
    assert both.returncode == 3
    assert "other.csv, line 1: the header is none of PHAC's or JHU's: a,b" in both.stdout
    tap.read()
    assert tap.letters() == []


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_nothing_to_publish_is_an_error(kind: str, tmp_path: Path, publish: Publish) -> None:
    result = publish(tmp_path / "absent" if kind == "absent" else tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_broker_one_sentence_says_what_to_do(tmp_path: Path, publish: Publish) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    result = publish(tmp_path, COVID_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: no Kafka broker answers at 127.0.0.1:1: start one (make run)")
    wrong = publish(tmp_path, COVID_KAFKA_PARTITIONS="none")
    assert (wrong.returncode, "COVID_KAFKA_PARTITIONS" in wrong.stderr) == (1, True)


def test_a_broker_without_the_topics_is_named(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "NEEDED", (topics.RECORDS, "covid.absent"))
    monkeypatch.setattr(kafka, "_TOPICS_SECONDS", 0.3)
    log = Log({"bootstrap.servers": stack.kafka_bootstrap})
    with pytest.raises(LogUnavailable, match=r"has no topic covid\.absent: start the stack"):
        log.check()


def test_records_that_the_broker_refuses_are_told(stack: Any) -> None:
    quickly = {"topic.metadata.propagation.max.ms": 500}
    log = Log({"bootstrap.servers": stack.kafka_bootstrap} | quickly)
    log.append("covid.no-such-topic", b"k", b"v")
    with pytest.raises(LogUnavailable, match="did not take all records"):
        log.flush()
