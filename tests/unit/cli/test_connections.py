"""Where `covid verify` finds the log."""

from __future__ import annotations

import pytest

from covid_cli.verify.connections import connections
from covid_core.environment import SettingsError

IAM = {
    "COVID_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "COVID_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "COVID_KAFKA_SASL_MECHANISM": "AWS_MSK_IAM",
}


def test_an_embedded_stack_asks_for_nothing() -> None:
    assert connections({"COVID_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, str).kafka == {
        "bootstrap.servers": "127.0.0.1:1",
        "security.protocol": "PLAINTEXT",
        "log_level": 2,
    }


def test_iam_comes_with_its_signer() -> None:
    kafka = connections(IAM, str).kafka
    assert kafka["sasl.mechanism"] == "OAUTHBEARER"
    assert callable(kafka["oauth_cb"])


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="COVID_KAFKA_SECURITY_PROTOCOL"):
        connections(IAM | {"COVID_KAFKA_SECURITY_PROTOCOL": "SSL"}, str)


def test_the_groups_of_the_sinks_are_named_as_theirs_are() -> None:
    where = connections({"COVID_KAFKA_BOOTSTRAP": "127.0.0.1:1", "COVID_SINK_GROUP_SUFFIX": "-green"}, str)
    assert where.group_suffix == "-green"
