"""`covid init` on the real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from uuid import uuid4

import boto3
import psycopg
import pytest

from tests.conftest import Servers

pytestmark = pytest.mark.integration


def init(settings: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVID_")}
    return subprocess.run(
        [sys.executable, "-m", "covid_cli", "init", *options],
        env={**environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_missing_is_made_and_a_second_time_changes_nothing(stack: Servers) -> None:
    name = f"init-{uuid4().hex[:8]}"
    settings = {
        **stack.settings,
        "COVID_S3_BUCKET": name,
        "COVID_RDS_URL": stack.postgres_url(name),
        "COVID_ICEBERG_URI": stack.settings["COVID_ICEBERG_URI"].rpartition("/")[0] + f"/{name}-catalog",
    }
    done = init(settings)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": there") == 5
    again = init(settings, "--json")
    assert again.returncode == 0, again.stderr
    assert len(json.loads(again.stdout)["there"]) == 5
    s3 = boto3.client(
        "s3", endpoint_url=stack.s3.endpoint, aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret, region_name=stack.s3.region,
    )  # fmt: skip
    assert name in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    with psycopg.connect(stack.postgres_url("postgres"), autocommit=True) as connection:
        found = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        assert {name, f"{name}-catalog"} <= found
        for database in (name, f"{name}-catalog"):
            connection.execute(f'DROP DATABASE "{database}"')  # type: ignore[call-overload]


def test_a_store_alone_is_made_without_broker_and_bucket(stack: Servers) -> None:
    name = f"init-{uuid4().hex[:8]}"
    settings = {
        "COVID_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        "COVID_S3_ENDPOINT": "http://127.0.0.1:9",
        "COVID_RDS_URL": stack.postgres_url(name),
    }
    done = init(settings, "--only", "databases")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "RDS database: there\n"
    with psycopg.connect(stack.postgres_url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}"')  # type: ignore[call-overload]


def test_a_server_that_is_away_is_named(stack: Servers) -> None:
    done = init({**stack.settings, "COVID_S3_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 1
    assert "bucket could not be made" in done.stderr
    assert "Traceback" not in done.stderr
