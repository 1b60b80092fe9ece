"""`covid alerts backtest` over records of the real broker."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from covid_cli.alerts.command import app
from covid_core import topics
from covid_core.records import Record

pytestmark = pytest.mark.integration

DAY = dt.date(2021, 12, 18)


def test_rules_fire_by_what_was_reported_by_then(stack: Any, tmp_path: Path) -> None:
    source = f"test-{uuid.uuid4().hex[:12]}"
    rules = tmp_path / "rules.toml"
    rules.write_text(
        f'[[rule]]\nname = "high"\nkind = "threshold"\nregions = ["CA-PE"]\nsource = "{source}"\n'
        'metric = "confirmed"\ncomparison = ">="\nvalue = 10\n'
    )
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap, "partitioner": "murmur2_random"})
    # The later report stands first in the log.
    for reported, numbers in ((5, (1, 2, 30)), (2, (1, 20, 25))):
        for place, number in enumerate(numbers):
            record = Record(
                source=source, region="CA-PE", date=DAY + dt.timedelta(place), confirmed=number,
                reported_at=dt.datetime.combine(DAY + dt.timedelta(reported), dt.time(12), dt.UTC),
            )  # fmt: skip
            producer.produce(topics.RECORDS, msgspec.json.encode(record), b"CA-PE")
    assert producer.flush(20) == 0

    def told(*words: str) -> list[tuple[str, str, str]]:
        done = CliRunner().invoke(
            app, ["backtest", "--rules", str(rules), "--json", *words], env=dict(stack.settings)
        )
        assert done.exit_code == 0, done.output
        return [(one["told_at"][:10], one["event"], one["alert"]["onset"]) for one in json.loads(done.stdout)]

    whole = [
        ("2021-12-20", "raised", "2021-12-19"),
        ("2021-12-23", "raised", "2021-12-20"),
        ("2021-12-23", "withdrawn", "2021-12-19"),
    ]
    assert told() == whole
    assert told("--to", "2021-12-22") == whole[:1]
    assert told("--from", "2021-12-21") == whole[1:]
    table = CliRunner().invoke(app, ["backtest", "--rules", str(rules)], env=dict(stack.settings))
    assert "high: 2 raised, 0 resolved, 1 withdrawn" in table.stdout
