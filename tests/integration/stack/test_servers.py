"""The servers of the embedded stack, each seen through its own ordinary client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import psycopg
import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from covid_core.topics import RECORDS, TOPICS

if TYPE_CHECKING:
    from conftest import Servers

pytestmark = pytest.mark.integration


def test_topics_exist_with_their_settings(stack: Servers) -> None:
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    found = admin.list_topics(timeout=10).topics
    assert {topic.name for topic in TOPICS} <= set(found)
    assert len(found[RECORDS].partitions) > 1
    resource = ConfigResource(ResourceType.TOPIC, RECORDS)
    config = admin.describe_configs([resource])[resource].result()
    assert config["message.timestamp.type"].value == "LogAppendTime"
    assert config["retention.ms"].value == "-1"


def test_s3_keeps_an_object_and_refuses_a_wrong_key(stack: Servers) -> None:
    def client(secret: str):
        return boto3.client(
            "s3",
            endpoint_url=stack.s3.endpoint,
            aws_access_key_id=stack.s3.key,
            aws_secret_access_key=secret,
            region_name=stack.s3.region,
        )

    good = client(stack.s3.secret)
    good.put_object(Bucket=stack.s3.bucket, Key="test/hello", Body=b"bonjour")
    assert good.get_object(Bucket=stack.s3.bucket, Key="test/hello")["Body"].read() == b"bonjour"
    bad = client("wrong")
    with pytest.raises(bad.exceptions.ClientError):
        bad.put_object(Bucket=stack.s3.bucket, Key="test/hello", Body=b"")


def test_dynamodb_lists_tables(stack: Servers) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack.dynamodb.endpoint,
        aws_access_key_id=stack.dynamodb.key,
        aws_secret_access_key=stack.dynamodb.secret,
        region_name=stack.dynamodb.region,
    )
    assert "TableNames" in client.list_tables()


@pytest.mark.parametrize("database", ["rds", "redshift", "catalog"])
def test_postgres_databases_exist_and_speak_merge(stack: Servers, database: str) -> None:
    with psycopg.connect(stack.postgres_url(database)) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        assert version is not None
        assert int(version[0]) >= 150000


def test_postgres_asks_for_the_password(stack: Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(stack.postgres_url("rds").replace(stack.credentials.postgres_password, "wrong"))


def test_a_new_database_is_empty(stack: Servers) -> None:
    with psycopg.connect(stack.new_database()) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row == (0,)
