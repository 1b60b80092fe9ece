"""Statements that make what a deployment must hold. The rest is tested on the real servers."""

from __future__ import annotations

import sqlglot

from covid_cli.provision import create_mssql_database, placed
from covid_core.settings import S3Settings


def test_a_database_of_sql_server_is_made_where_it_is_missing() -> None:
    statement = create_mssql_database("cov]id's")
    assert statement == "IF DB_ID(N'cov]id''s') IS NULL CREATE DATABASE [cov]]id's]"
    assert sqlglot.parse_one(create_mssql_database("covid"), dialect="tsql")


def test_a_bucket_is_made_in_its_region_on_aws_alone() -> None:
    canada = {"CreateBucketConfiguration": {"LocationConstraint": "ca-central-1"}}
    assert placed(S3Settings(region="ca-central-1")) == canada
    assert placed(S3Settings(region="us-east-1")) == {}
    assert placed(S3Settings(region="ca-central-1", endpoint="http://localhost:8333")) == {}
