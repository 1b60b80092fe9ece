"""Topics are as the code has them, and each user may do what its service does, and no more."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from covid_core import topics
from covid_core.settings import KafkaSettings
from tests.manifests import kustomize
from tests.manifests.pods import Resource, of_kind

Resources = list[dict[str, Any]]
Rights = set[tuple[str, str, str]]

READ, WRITE, BOTH = {"Describe", "Read"}, {"Describe", "Write"}, {"Describe", "Read", "Write"}
_SINK: Final = {topics.METRICS: READ, topics.CONTROL: READ, topics.METRICS_DLQ: WRITE}
TOPICS: Final[dict[str, dict[str, set[str]]]] = {
    "producer": {topics.RECORDS: WRITE, topics.RECORDS_DLQ: WRITE, topics.FILES: BOTH},
    "api": {
        topics.RECORDS: BOTH,
        topics.METRICS: READ,
        topics.RECORDS_DLQ: READ,
        topics.METRICS_DLQ: READ,
        topics.CONTROL: READ,
        topics.ALERTS: READ,
        topics.VERIFIED: READ,
    },
    "alerts": {topics.METRICS: READ, topics.RECORDS: READ, topics.CONTROL: READ, topics.ALERTS: BOTH},
    "stream": {
        topics.RECORDS: BOTH,
        topics.METRICS: WRITE,
        topics.RECORDS_DLQ: WRITE,
        topics.CONTROL: BOTH,
    },
    "sink-dynamodb": _SINK,
    "sink-s3": _SINK | {topics.RECORDS: READ},
    "sink-rds": _SINK,
    "sink-redshift": _SINK,
    "backfill": {topics.RECORDS: {"Describe"}, topics.METRICS: WRITE, topics.CONTROL: BOTH},
    "verify": {
        topics.RECORDS: READ,
        topics.METRICS: {"Describe"},
        topics.METRICS_DLQ: READ,
        topics.CONTROL: READ,
        topics.VERIFIED: WRITE,
    },
    "init": {"covid.*": {"Create", "DescribeConfigs"}},
    "keda": {topics.METRICS: {"Describe"}},
}
_SEEN: Final = {"Describe"}
GROUPS: Final[dict[str, dict[str, set[str]]]] = {
    "producer": {"covid-producer-ledger": _SEEN},
    "api": {
        "covid-api*": _SEEN,
        f"{topics.STREAM_GROUP}*": _SEEN,
        f"{topics.sink_group('')}*": _SEEN,
        f"{topics.ALERTS_GROUP}*": _SEEN,
    },
    "alerts": {f"{topics.ALERTS_GROUP}*": READ},
    "stream": {f"{topics.STREAM_GROUP}*": READ},
    **{f"sink-{store}": {f"{topics.sink_group(store)}*": READ} for store in topics.SINKS},
    "backfill": {"covid-backfill*": _SEEN},
    "verify": {
        "covid-cli": _SEEN,
        f"{topics.STREAM_GROUP}*": _SEEN,
        f"{topics.sink_group('')}*": _SEEN,
    },
    "init": {},
    "keda": {f"{topics.sink_group('')}*": _SEEN},
}
# The names of actions that MSK has for them. Creating a topic asks for its settings under another name.
_ACTIONS: Final = {
    "Read": "ReadData",
    "Write": "WriteData",
    "Describe": "DescribeTopic",
    "Create": "CreateTopic",
    "DescribeConfigs": "DescribeTopicDynamicConfiguration",
}


def _acls(user: Resource, kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for acl in user["spec"]["authorization"]["acls"]:
        resource = acl["resource"]
        if resource["type"] == kind:
            star = "*" if resource.get("patternType") == "prefix" else ""
            found.setdefault(resource["name"] + star, set()).update(acl["operations"])
    return found


def test_topics_are_those_of_the_code(local: Resources) -> None:
    found = {
        each["metadata"]["name"]: (each["spec"]["partitions"], each["spec"]["config"])
        for each in of_kind(local, "KafkaTopic")
    }
    partitions = KafkaSettings().partitions
    assert found == {each.name: (each.partitions or partitions, dict(each.config)) for each in topics.TOPICS}


def test_the_log_cannot_be_deleted(local: Resources) -> None:
    (kafka,) = of_kind(local, "Kafka")
    assert kafka["spec"]["kafka"]["config"]["delete.topic.enable"] is False
    (pool,) = of_kind(local, "KafkaNodePool")
    assert all(volume["deleteClaim"] is False for volume in pool["spec"]["storage"]["volumes"])


def test_clients_prove_who_they_are_over_tls(local: Resources) -> None:
    (kafka,) = of_kind(local, "Kafka")
    for listener in kafka["spec"]["kafka"]["listeners"]:
        assert listener["tls"] is True
        assert listener["authentication"] == {"type": "scram-sha-512"}
        assert listener["networkPolicyPeers"]
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}


def test_users_may_do_what_their_services_do(local: Resources) -> None:
    users = {each["metadata"]["name"]: each for each in of_kind(local, "KafkaUser")}
    assert {name: _acls(user, "topic") for name, user in users.items()} == TOPICS
    assert {name: _acls(user, "group") for name, user in users.items()} == GROUPS
    assert not any(_acls(user, "cluster") for user in users.values())


def test_keda_asks_for_the_groups_that_sinks_commit_to(resources: Resources) -> None:
    for scaled in of_kind(resources, "ScaledObject"):
        (trigger,) = scaled["spec"]["triggers"]
        store = scaled["metadata"]["name"].removeprefix("sink-")
        assert trigger["metadata"]["consumerGroup"] == topics.sink_group(store)
        assert trigger["metadata"]["topic"] == topics.METRICS


def _named_in(package: str) -> set[str]:
    """The topics that a package speaks of, as `topics.NAME`."""
    found = set()
    for path in (Path(__file__).parents[2] / "services" / package / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "topics":
                value = getattr(topics, node.attr, None)
                if value in {topic.name for topic in topics.TOPICS}:
                    found.add(value)
    return found


@pytest.mark.parametrize(
    ("package", "users"),
    [
        ("producer", ["producer"]),
        ("api", ["api"]),
        ("alerts", ["alerts"]),
        ("spark-stream", ["stream"]),
        ("sinks", ["sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift"]),
    ],
)
def test_the_topics_of_a_service_are_those_in_its_code(package: str, users: list[str]) -> None:
    assert _named_in(package) == {topic for user in users for topic in TOPICS[user]}


def _policy(user: str) -> Iterator[dict[str, Any]]:
    path = kustomize.ROOT / "overlays" / "aws" / "iam" / f"{user}.json"
    yield from json.loads(path.read_text(encoding="utf-8"))["Statement"]


@pytest.mark.parametrize("user", TOPICS)
def test_roles_on_msk_allow_the_same(user: str) -> None:
    allowed: dict[str, set[str]] = {}
    groups = set()
    for statement in _policy(user):
        for resource in statement["Resource"]:
            name = resource.rpartition("/")[2]
            if ":topic/" in resource:
                allowed.setdefault(name, set()).update(statement["Action"])
            elif ":group/" in resource:
                groups.add(name)
    wanted = {
        name: {f"kafka-cluster:{_ACTIONS[each]}" for each in operations}
        for name, operations in TOPICS[user].items()
    }
    assert allowed == wanted
    assert groups == set(GROUPS[user])


def test_every_service_account_has_a_role_and_a_policy(resources: Resources, overlay: str) -> None:
    if overlay != "aws":
        return
    for account in of_kind(resources, "ServiceAccount"):
        name = account["metadata"]["name"]
        role = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        assert role.endswith(f":role/covid-tracker-{name}")
        assert list(_policy(name))
