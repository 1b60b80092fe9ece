"""The connection as Spark's Kafka source and sink, which are Java, want it."""

from __future__ import annotations

from covid_core.settings import KafkaSettings


def test_a_broker_that_asks_for_nothing() -> None:
    assert KafkaSettings().java() == {
        "kafka.bootstrap.servers": "localhost:9092",
        "kafka.security.protocol": "PLAINTEXT",
    }


def test_a_password_is_quoted() -> None:
    kafka = KafkaSettings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="u", sasl_password='p"\\'
    )
    options = kafka.java()
    assert options["kafka.sasl.mechanism"] == "SCRAM-SHA-512"
    assert options["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p\\"\\\\";'
    )


def test_iam_is_the_mechanism_of_the_aws_library() -> None:
    kafka = KafkaSettings(
        bootstrap="b-1.demo.abc.c2.kafka.ca-central-1.amazonaws.com:9098",
        security_protocol="SASL_SSL",
        sasl_mechanism="AWS_MSK_IAM",
    )
    assert kafka.java() == {
        "kafka.bootstrap.servers": "b-1.demo.abc.c2.kafka.ca-central-1.amazonaws.com:9098",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "AWS_MSK_IAM",
        "kafka.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "kafka.sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    }
