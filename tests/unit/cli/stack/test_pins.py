"""The lock of the jars."""

from __future__ import annotations

import re
from pathlib import Path

import pyspark
import pytest

from covid_cli.stack import pins
from covid_cli.stack.pins import Jar

JAR = Jar("kafka", "org.apache.kafka", "kafka_2.13", "4.1.1", "jar", 12, "ab" * 32)


def test_a_lock_reads_back_as_it_was_written() -> None:
    other = JAR._replace(artifact="kafka-tools")
    assert pins.parse(pins.render([JAR, other])) == [other, JAR]


def test_the_path_is_that_of_a_maven_repository() -> None:
    assert JAR.path == "org/apache/kafka/kafka_2.13/4.1.1/kafka_2.13-4.1.1.jar"


def test_a_malformed_line_is_an_error() -> None:
    with pytest.raises(ValueError, match="unpack"):
        pins.parse("kafka org:name:1.0:jar 12")


@pytest.mark.parametrize("group", pins.GROUPS)
def test_every_group_is_pinned_with_checksums(group: str) -> None:
    jars = pins.pinned(group)
    assert jars
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in jars)
    assert len({jar.name for jar in jars}) == len(jars)


def test_the_servers_that_are_started_are_pinned() -> None:
    kafka, dynamodb, spark = ({jar.artifact for jar in pins.pinned(group)} for group in pins.EMBEDDED)
    assert {"kafka_2.13", "kafka-tools", "log4j-slf4j-impl"} <= kafka
    assert {"DynamoDBLocal", "libsqlite4java-linux-amd64", "jackson-datatype-jsr310"} <= dynamodb
    assert {"spark-sql-kafka-0-10_2.13", "kafka-clients"} <= spark
    assert "scala-library" not in spark  # pyspark has it


def test_on_aws_the_stream_finds_iam_for_kafka_and_s3a() -> None:
    msk, s3a = ({jar.artifact for jar in pins.pinned(group)} for group in pins.ON_AWS)
    assert {"aws-msk-iam-auth", "sts", "apache-client"} <= msk  # roles of Kubernetes need STS and HTTP
    assert {"hadoop-aws", "s3", "s3-transfer-manager"} <= s3a
    assert not {"bundle", "analyticsaccelerator-s3", "wildfly-openssl", "kafka-clients"} & (msk | s3a)


def test_what_stands_on_one_class_path_has_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for group in ("spark", *pins.ON_AWS, *pins.CATALOG):
        for jar in pins.pinned(group):
            versions.setdefault(jar.artifact, set()).add(jar.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("group", [*pins.ON_AWS, *pins.CATALOG])
def test_spark_has_nothing_of_it_already(group: str) -> None:
    present = {path.name.rsplit("-", 1)[0] for path in (Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    assert not present & {jar.artifact for jar in pins.pinned(group)}


def test_a_changed_pin_changes_the_fingerprint() -> None:
    assert pins.fingerprint([JAR]) != pins.fingerprint([JAR._replace(version="4.1.2")])
