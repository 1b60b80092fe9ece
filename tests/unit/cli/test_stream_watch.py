"""`covid stream watch`: micro-batches out of a checkpoint as Spark 4.1 writes it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from covid_cli.errors import UserError
from covid_cli.stream.batches import Watch
from covid_cli.stream.command import app

MILLIS = 1_613_001_600_000  # 2021-02-11 00:00:00 UTC


def commit(generation: Path, number: int, seconds: float, **offsets: int) -> None:
    """A batch as the checkpoint's log has it."""
    for name in ("offsets", "commits"):
        (generation / name).mkdir(parents=True, exist_ok=True)
    begun = MILLIS + number * 60_000
    metadata = json.dumps({"batchWatermarkMs": 0, "batchTimestampMs": begun, "conf": {}})
    positions = json.dumps({"covid.records": {name[1:]: offset for name, offset in offsets.items()}})
    (generation / "offsets" / str(number)).write_text(f"v1\n{metadata}\n{positions}")
    file = generation / "commits" / str(number)
    file.write_text('v1\n{"nextBatchWatermarkMs":0}')
    os.utime(file, (begun / 1000 + seconds,) * 2)
    (generation / "commits" / f".{number}.crc").touch()


def test_each_batch_is_told_once_with_its_records_and_seconds(tmp_path: Path) -> None:
    generation, watch = tmp_path / "generation-1-abc", Watch(tmp_path)
    assert list(watch.new()) == []
    commit(generation, 0, 2.5, p0=100, p1=50)
    (first,) = watch.new()
    assert (first.number, first.records, first.seconds) == (0, 150, 2.5)
    assert first.offsets == {0: 100, 1: 50}
    commit(generation, 1, 0.5, p0=100, p1=60)
    commit(generation, 2, 0.5, p0=100, p1=60)
    assert [(batch.number, batch.records) for batch in watch.new()] == [(1, 10), (2, 0)]
    assert list(watch.new()) == []
    assert str(first) == (
        "00:00:00  batch 0: 150 records in 2.50 s (60 a second), covid.records read to 0:100 1:50"
    )


def test_a_later_generation_is_followed_and_a_purged_batch_left_out(tmp_path: Path) -> None:
    old, new, watch = tmp_path / "generation-1-abc", tmp_path / "generation-2-abc", Watch(tmp_path)
    commit(old, 41, 1, p0=5)  # what it began from has been purged
    commit(old, 42, 1, p0=7)
    os.utime(old / "commits", (1, 1))
    assert [(batch.number, batch.records) for batch in watch.new()] == [(42, 2)]
    commit(new, 0, 1, p0=7)
    assert [(batch.number, batch.records) for batch in watch.new()] == [(0, 7)]
    os.utime(new / "commits", (2, 2))
    commit(old, 43, 1, p0=9)  # an older release was gone back to
    assert [(batch.number, batch.records) for batch in watch.new()][-1] == (43, 2)


def test_the_command_tells_what_there_is(tmp_path: Path) -> None:
    commit(tmp_path / "generation-1-abc", 0, 1, p0=1234)
    told = CliRunner().invoke(app, ["watch", "--once", "--checkpoint", str(tmp_path)])
    assert told.exit_code == 0
    assert "batch 0: 1,234 records in 1.00 s" in told.output
    told = CliRunner().invoke(app, ["watch", "--once", "--json", "--checkpoint", str(tmp_path)])
    assert json.loads(told.output) == {
        "number": 0,
        "begun": "2021-02-11T00:00:00+00:00",
        "seconds": 1.0,
        "records": 1234,
        "offsets": {"0": 1234},
    }


def test_nothing_yet_and_no_checkpoint_are_sentences(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["watch", "--once", "--checkpoint", str(tmp_path)])
    assert isinstance(told.exception, UserError)
    assert "No micro-batch has been committed" in str(told.exception)
    told = CliRunner().invoke(app, ["watch", "--once", "--checkpoint", str(tmp_path / "absent")])
    assert isinstance(told.exception, UserError)
    assert "absent is not there" in str(told.exception)
    with pytest.raises(UserError):
        raise told.exception
