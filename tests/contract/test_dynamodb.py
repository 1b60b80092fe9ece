"""The contract on DynamoDB Local."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key as Where

from covid_core.environment import load
from covid_core.rows import COLUMNS, ColumnType, Row
from covid_core.settings import DynamoSettings
from covid_sinks.contract import Sink, Transient
from covid_sinks.dynamodb import EXPIRES, REGISTRY, DynamoSink
from tests.contract.suite import DAY, Key, SinkContract, Store, key, row, tombstone

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
"""DynamoDB Local does remove what has expired, so the tests' clock is the real one."""


class DynamoStore(Store):
    def __init__(self, settings: DynamoSettings) -> None:
        self.settings = settings
        self.resource: Any = boto3.resource(
            "dynamodb",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
        )
        self.table: Any = self.resource.Table(settings.table)

    def sink(self) -> Sink:
        return DynamoSink(self.settings, lambda: NOW)

    def rows(self) -> dict[Key, Row]:
        found = {}
        for item in self.items():
            if item["pk"] != REGISTRY:
                values = {c.name: plain(item[c.name], c.type) for c in COLUMNS if c.name in item}
                read = Row(**values)
                assert item["pk"] == f"{read.source}#{read.region}"
                assert item["sk"] == read.date.isoformat()
                found[key(read)] = read
        return found

    def items(self) -> list[Any]:
        page = self.table.scan(ConsistentRead=True)
        items = page["Items"]
        while "LastEvaluatedKey" in page:
            page = self.table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
            items += page["Items"]
        return list(items)

    def bad_rows(self) -> list[Row]:
        return [row(1, source="s" * 3000), row(1, date=DAY, region="CA-PE", incidence=1e300)]


def plain(value: Any, kind: ColumnType) -> Any:
    if kind is ColumnType.DATE:
        return dt.date.fromisoformat(value)
    if kind is ColumnType.INT64:
        assert value == int(value)
        return int(value)
    return float(value) if kind is ColumnType.FLOAT64 else value


class TestDynamoDb(SinkContract):
    @pytest.fixture
    def store(self, stack: Any) -> Any:
        settings = load(
            DynamoSettings, {**stack.settings, "COVID_DYNAMODB_TABLE": f"contract_{uuid.uuid4().hex}"}, str
        )
        made = DynamoStore(settings)
        yield made
        with contextlib.suppress(made.resource.meta.client.exceptions.ResourceNotFoundException):
            made.resource.meta.client.delete_table(TableName=settings.table)

    def test_a_tombstone_expires_after_a_week_and_a_row_never(self, store: DynamoStore, sink: Sink) -> None:
        sink.write([row(1), tombstone(1, region="CA-QC")])
        by_pk = {item["pk"]: item for item in store.items()}
        assert EXPIRES not in by_pk["phac#CA-ON"]
        assert by_pk["phac#CA-QC"][EXPIRES] == int((NOW + dt.timedelta(days=7)).timestamp())
        sink.write([row(2, region="CA-QC")])
        assert EXPIRES not in {item["pk"]: item for item in store.items()}["phac#CA-QC"]

    def test_expiry_is_switched_on(self, store: DynamoStore, sink: Sink) -> None:
        answer = store.resource.meta.client.describe_time_to_live(TableName=store.settings.table)
        assert answer["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": EXPIRES}

    def test_nulls_are_left_out(self, store: DynamoStore, sink: Sink) -> None:
        sink.write([row(1, deaths=None, recovered=0)])
        (item,) = (item for item in store.items() if item["pk"] != REGISTRY)
        assert "deaths" not in item
        assert item["recovered"] == 0

    def test_sources_and_regions_are_listed(self, store: DynamoStore, sink: Sink) -> None:
        sink.write([row(1), row(1, region="CA-QC"), row(1, source="jhu"), row(2)])
        listed = store.table.query(KeyConditionExpression=Where("pk").eq(REGISTRY), ConsistentRead=True)
        found = {(item["source"], item["region"]) for item in listed["Items"]}
        assert found == {("phac", "CA-ON"), ("phac", "CA-QC"), ("jhu", "CA-ON")}

    def test_a_region_that_a_new_generation_lacks_is_not_listed(self, store: DynamoStore, sink: Sink) -> None:
        sink.write([row(1), row(1, region="CA-QC")])
        sink.write([row(1, generation=2)])
        sink.drop_before(2)
        listed = store.table.query(KeyConditionExpression=Where("pk").eq(REGISTRY), ConsistentRead=True)
        assert [item["region"] for item in listed["Items"]] == ["CA-ON"]

    def test_a_store_that_is_down_is_transient(self, store: DynamoStore) -> None:
        down = DynamoSink(
            DynamoSettings(endpoint="http://127.0.0.1:9", access_key="x", secret_key="y", table="nowhere"),
            lambda: NOW,
        )
        with pytest.raises(Transient):
            down.open()
        with pytest.raises(Transient):
            down.write([row(1)])
