"""Each store, read by an ordinary client with nothing but what `covid status --json` says."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import boto3
import psycopg
from boto3.dynamodb.conditions import Key
from psycopg import sql
from psycopg.rows import dict_row
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import And, EqualTo

Row = Mapping[str, Any]
Reader = Callable[[str, str, str], Row | None]
"""Source, region and ISO date to the row as the store's client gives it (None: there is none)."""


Table = Callable[[], Iterable[Row]]
"""All rows of a store, tombstones included."""


def readers(stores: Mapping[str, Any]) -> dict[str, Reader]:
    """A reader for each store."""
    return {
        "dynamodb": _dynamodb(stores["dynamodb"]),
        "s3": _iceberg(stores["s3"]),
        "rds": _sql(stores["rds"]),
        "redshift": _sql(stores["redshift"]),
    }


def everywhere(
    stores: Mapping[str, Reader],
    key: tuple[str, str, str],
    holds: Callable[[Row | None], bool],
    seconds: float,
) -> None:
    """Wait until the row of a key is as wanted in all stores."""
    deadline = time.monotonic() + seconds
    waiting = dict(stores)
    while waiting:
        rows = {name: read(*key) for name, read in waiting.items()}
        waiting = {name: read for name, read in waiting.items() if not holds(rows[name])}
        assert not waiting or time.monotonic() < deadline, {name: rows[name] for name in waiting}
        time.sleep(0.05)


def tables(stores: Mapping[str, Any]) -> dict[str, Table]:
    """The whole table of each store."""
    return {
        "dynamodb": lambda: _items(stores["dynamodb"]),
        "s3": lambda: _metrics(stores["s3"]).scan().to_arrow().to_pylist(),
        "rds": lambda: _rows(stores["rds"]),
        "redshift": lambda: _rows(stores["redshift"]),
    }


def edit_by_hand(stores: Mapping[str, Any], source: str, region: str, date: str) -> None:
    """What no one should do: change rows behind a sink's back, in every store that takes single edits."""
    where, key = "WHERE source = %s AND region = %s AND date = %s", (source, region, date)
    with psycopg.connect(stores["rds"]["url"], autocommit=True) as connection:
        table = sql.Identifier(stores["rds"]["table"])
        changed = sql.SQL("UPDATE {} SET confirmed = confirmed + 1000, deaths = NULL " + where).format(table)
        assert connection.execute(changed, key).rowcount == 1
    with psycopg.connect(stores["redshift"]["url"], autocommit=True) as connection:
        table = sql.Identifier(stores["redshift"]["table"])
        assert connection.execute(sql.SQL("DELETE FROM {} " + where).format(table), key).rowcount == 1
    items = _table(stores["dynamodb"])
    item = items.get_item(Key={"pk": f"{source}#{region}", "sk": date})["Item"]
    items.put_item(Item={**item, "pk": f"by-hand#{region}", "source": "by-hand"})


def _items(store: Mapping[str, Any]) -> Iterator[Row]:
    table, page = _table(store), {"LastEvaluatedKey": None}
    while "LastEvaluatedKey" in page:
        start = page["LastEvaluatedKey"]
        page = table.scan(ConsistentRead=True, **({"ExclusiveStartKey": start} if start else {}))
        yield from (item for item in page["Items"] if not item["pk"].startswith("#"))


def _rows(store: Mapping[str, Any]) -> Iterable[Row]:
    with psycopg.connect(store["url"], row_factory=dict_row) as connection:
        return connection.execute(
            sql.SQL("SELECT * FROM {}").format(sql.Identifier(store["table"]))
        ).fetchall()


def _table(store: Mapping[str, Any]) -> Any:
    resource: Any = boto3.resource(
        "dynamodb",
        endpoint_url=store["endpoint"],
        region_name=store["region"],
        aws_access_key_id=store["access_key"],
        aws_secret_access_key=store["secret_key"],
    )
    return resource.Table(store["table"])


def _dynamodb(store: Mapping[str, Any]) -> Reader:
    table = _table(store)

    def read(source: str, region: str, date: str) -> Row | None:
        condition = Key("pk").eq(f"{source}#{region}") & Key("sk").eq(date)
        items = table.query(KeyConditionExpression=condition, ConsistentRead=True)["Items"]
        return items[0] if items else None

    return read


def _sql(store: Mapping[str, Any]) -> Reader:
    query = sql.SQL("SELECT * FROM {} WHERE source = %s AND region = %s AND date = %s").format(
        sql.Identifier(store["table"])
    )
    connection = psycopg.connect(store["url"], row_factory=dict_row, autocommit=True)

    def read(source: str, region: str, date: str) -> Row | None:
        return connection.execute(query, (source, region, date)).fetchone()

    return read


def _metrics(store: Mapping[str, Any]) -> Any:
    catalog = load_catalog(
        "covid",
        **{
            "type": store["catalog"]["type"],
            "uri": store["catalog"]["uri"],
            "warehouse": store["catalog"]["warehouse"],
            "s3.endpoint": store["endpoint"],
            "s3.access-key-id": store["access_key"],
            "s3.secret-access-key": store["secret_key"],
            "s3.region": store["region"],
            "s3.force-virtual-addressing": "false",
        },
    )
    return catalog.load_table(next(table for table in store["tables"] if table.endswith(".metrics")))


def _iceberg(store: Mapping[str, Any]) -> Reader:
    table = _metrics(store)
    known: dict[tuple[int, str, str], dict[dt.date, Row]] = {}

    def read(source: str, region: str, date: str) -> Row | None:
        # Who polls looks for a new snapshot first: a scan takes long enough to hold up what it waits for. And
        # one of all days takes as long as one of a day.
        snapshot = table.refresh().current_snapshot()
        key = (snapshot.snapshot_id if snapshot else 0, source, region)
        if key not in known:
            equal: Any = EqualTo  # whose positional arguments its annotations do not know
            wanted = And(equal("source", source), equal("region", region))
            rows = table.scan(row_filter=wanted).to_arrow().to_pylist()
            known[key] = {row["date"]: row for row in rows}
        return known[key].get(dt.date.fromisoformat(date))

    return read
