"""The rows of the table, a module each, with a function `measured` that gives the row's lines."""

from __future__ import annotations

from typing import Final

from bench.row import Row

ROWS: Final[tuple[Row, ...]] = (
    Row(1, "the log to DynamoDB Local", "bench.rows.dynamodb"),
    Row(2, "the log to PostgreSQL as RDS, and as Redshift", "bench.rows.relational"),
    Row(3, "the log to Iceberg on S3", "bench.rows.iceberg"),
    Row(4, "the sinks' runner", "bench.rows.runner"),
    Row(5, "the stream's throughput", "bench.rows.stream"),
    Row(6, "the cost of one new day", "bench.rows.new_day"),
    Row(7, "latency of one record", "bench.rows.latency"),
    Row(8, "backfill", "bench.rows.backfill"),
    Row(9, "the API's answers", "bench.rows.api"),
    Row(10, "the API's exports", "bench.rows.export"),
    Row(11, "covid up", "bench.rows.start"),
    Row(12, "catch-up after an outage", "bench.rows.catch_up", long=True),
    Row(13, "the whole world, and ten million records", "bench.rows.world", long=True),
    Row(14, "peers", "bench.rows.peers"),
)
"""By number."""
