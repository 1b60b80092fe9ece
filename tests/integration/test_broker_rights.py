"""The real broker with passwords, TLS and the rights that the manifests give each service: every service does
its own part with them, needs each of them, and is refused all else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from covid_cli.batch.spark import own_jvm
from covid_cli.stack import services
from covid_cli.stack.part import Part
from covid_cli.stack.ports import HOST
from covid_core import topics
from covid_core.environment import variable
from covid_core.partitioning import partition_of
from covid_core.settings import AlertSettings, KafkaSettings, StreamSettings
from covid_process.lag import Broker
from tests.integration.secured import Asked, Right, Secured, rights, secured
from tests.unit.core.publishers_files import PHAC_ERAS, table

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

USERS: Final = sorted(rights(), key=lambda user: user == "api")
"""The API comes last: it reads what the others have written."""

GROUPS: Final = sorted(
    {right.name for allowed in rights().values() for right in allowed if right.kind == "group"}
    | {topics.WEBHOOK_GROUP}
)
PATIENCE: Final = 20
REFUSALS: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
_RULES: Final = """
[[rule]]
name = "high"
kind = "threshold"
regions = ["CA-ON"]
source = "phac"
metric = "new_confirmed"
comparison = ">"
value = 0
days = 1

[[rule]]
name = "restated"
kind = "correction"
regions = ["CA-ON"]
source = "phac"
metric = "confirmed"
of = "restatement"
size = 1
"""


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of ours, to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Servers, topics and services, each of which logs in by a name of its own; a file is published."""
    folder = tmp_path_factory.mktemp("secured")
    with secured(folder / "home") as started:
        made = run(started.environment("init"), "covid_cli", "init")
        assert made.returncode == 0, made.stderr
        supervisor = started.stack.supervisor
        parts = _services(started, folder)
        supervisor.add(parts)
        supervisor.start(part.name for part in parts)
        _publish(started)
        _write_by_hand(started)
        yield started


def _services(cluster: Secured, folder: Path) -> list[Part]:
    ports = cluster.stack.state.ports
    rules = folder / "rules.toml"
    rules.write_text(_RULES)
    told = {
        variable(AlertSettings, "rules"): str(rules),
        # Nobody answers there; that it is asked shows in the log, and needs no right.
        variable(AlertSettings, "webhook_url"): f"http://{HOST}:9/",
        variable(AlertSettings, "webhook_secret"): "of this test",
        variable(AlertSettings, "webhook_hosts"): HOST,
    }
    return [
        services.stream(cluster.environment("stream"), ports),
        *(services.sink(name, cluster.environment(f"sink-{name}"), ports) for name in topics.SINKS),
        services.alerts({**cluster.environment("alerts"), **told}, ports),
        services.api(cluster.environment("api"), ports),
    ]


# --- what each does


def _publish(cluster: Secured) -> None:
    header = PHAC_ERAS["9"]
    day = {"pruid": "35", "prname": "Ontario", "prnameFR": "Ontario"}
    rows = [
        {**day, "date": f"{number:02}-05-2020", "numtotal": str(100 * number), "numdeaths": str(number)}
        for number in range(1, 4)
    ]
    file = cluster.home / "covid19-download.csv"
    file.write_text(table(header, [*rows, {**day, "date": "04-05-2020", "numtotal": "many"}]))
    done = run(cluster.environment("producer"), "covid_producer", "publish", str(file))
    assert done.returncode == 3, done.stdout + done.stderr  # published, and one cell refused


def _send(cluster: Secured, topic: str, value: bytes, partition: int = 0) -> None:
    producer = Producer(cluster.operator)
    failed: list[KafkaError] = []
    producer.produce(
        topic,
        value,
        partition=partition,
        on_delivery=lambda error, _: failed.append(error) if error else None,
    )
    assert producer.flush(20) == 0
    assert failed == []


def _write_by_hand(cluster: Secured) -> None:
    """What the stream must move, what it must refuse, and what every sink must refuse."""
    partitions = KafkaSettings().partitions
    record = {"source": "my-lab", "region": "CA-BC", "date": "2020-05-01", "confirmed": 7}
    elsewhere = (partition_of("CA-BC", partitions) + 1) % partitions
    _send(cluster, topics.RECORDS, json.dumps(record).encode(), elsewhere)
    _send(cluster, topics.RECORDS, b"no record")
    _send(cluster, topics.METRICS, b"no rows")


def _verify(cluster: Secured) -> None:
    done = run(cluster.environment("verify"), "covid_cli", "verify", "--json", "--wait", "60")
    assert done.returncode == 0, done.stdout + done.stderr


def _backfill(cluster: Secured) -> None:
    environment = {**cluster.environment("backfill"), **own_jvm()}
    done = run(environment, "covid_batch.backfill", "metrics")
    assert done.returncode == 0, done.stdout + done.stderr


def _ask_for_lag(cluster: Secured) -> None:
    """As KEDA does, which is not ours: the committed offsets of a group, and the ends of a topic."""
    for name in topics.SINKS:
        broker = Broker(cluster.connection("keda"), topics.sink_group(name))
        places = broker.places([topics.METRICS])
        assert sum(broker.committed(places).values()) <= sum(broker.ends(places).values())


def _call(cluster: Secured) -> None:
    state = cluster.stack.state
    item = {"source": "phac", "region": "CA-ON", "date": "2020-05-02", "confirmed": 150}
    with httpx.Client(
        base_url=f"http://{HOST}:{state.ports['api']}",
        headers={"Authorization": f"Bearer {state.credentials.write_key}"},
        timeout=30,
        trust_env=False,
    ) as client:
        with client.stream("GET", "/v1/stream") as stream:
            stream.raise_for_status()
            written = client.post("/v1/records", json=item)
            assert written.status_code == 202, written.text
            assert any("data:" in line and "CA-ON" in line for line in stream.iter_lines())
        history = client.get("/v1/records/history", params={"id": "phac:CA-ON:2020-05-02"})
        assert len(history.raise_for_status().json()["data"]) == 2
        # Where something else stands than what was written, the API asks of which generation it is.
        old = {**item, "confirmed": 3, "reported_at": "2020-05-03T00:00:00Z"}
        refused = client.post("/v1/records", json=old, params={"wait": 20})
        assert refused.status_code == 200, refused.text
        pipeline = client.get("/v1/pipeline").raise_for_status().json()
        assert {reader["group"] for reader in pipeline["readers"]} == {group for group, _ in topics.readers()}
        assert all(letters["messages"] for letters in pipeline["dead_letters"])
        assert client.get("/v1/alerts").raise_for_status().json()["data"]


PARTS: Final[dict[str, Callable[[Secured], None]]] = {
    "backfill": _backfill,
    "verify": _verify,
    "keda": _ask_for_lag,
    "api": _call,
}
"""What is done now. The other processes have run already, or run all the time."""


@pytest.mark.parametrize("user", USERS)
def test_a_service_does_its_part_and_needs_every_right_that_it_has(cluster: Secured, user: str) -> None:
    PARTS.get(user, lambda _: None)(cluster)

    def unused() -> list[Right]:
        allowed = cluster.asked(user)["Allowed"]
        return [right for right in rights()[user] if not any(right.covers(asked) for asked in allowed)]

    deadline = time.monotonic() + PATIENCE
    while unused() and time.monotonic() < deadline:
        time.sleep(0.2)
    log = cluster.home / "logs" / f"{user}.log"
    words = log.read_text()[-3000:] if log.exists() else ""
    assert unused() == [], f"rights that nothing needs\n{words}"
    assert cluster.asked(user)["Denied"] == set(), f"rights that are missing\n{words}"


# --- what it is refused


def _code(call: Callable[[], Any]) -> int | None:
    try:
        call()
    except KafkaException as error:
        return int(error.args[0].code())
    return None


def _written(connection: Mapping[str, Any], topic: str) -> int | None:
    producer = Producer({**connection, "message.timeout.ms": 10_000, "linger.ms": 0})
    codes: list[int | None] = []

    def told(error: KafkaError | None, _: Message) -> None:
        codes.append(None if error is None else error.code())

    producer.produce(topic, b"nothing that is allowed", on_delivery=told)
    producer.flush(15)
    return codes[0]


def _committed(admin: AdminClient, group: str) -> int | None:
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topics.METRICS, 0, 0)])
    try:
        (place,) = admin.alter_consumer_group_offsets([wanted])[group].result().topic_partitions
    except KafkaException as error:
        return int(error.args[0].code())
    return None if place.error is None else int(place.error.code())


def _read(consumer: Consumer, topic: str) -> int | None:
    # Who may not even know of a topic is told so here; a consumer would go on asking.
    if (hidden := consumer.list_topics(topic, timeout=10).topics[topic].error) is not None:
        return int(hidden.code())
    consumer.assign([TopicPartition(topic, 0, 0)])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is not None and message.topic() == topic:
            error = message.error()
            return None if error is None else error.code()
    raise AssertionError(f"{topic} says nothing")


@pytest.mark.parametrize("user", USERS)
def test_a_service_is_refused_all_else(cluster: Secured, user: str) -> None:
    connection = cluster.connection(user)
    admin = AdminClient(connection)
    names = [topic.name for topic in topics.TOPICS]

    def may(kind: str, name: str, operation: str) -> bool:
        return any(right.covers(Asked(kind, name, operation)) for right in rights()[user])

    tried: dict[str, int | None] = {}
    for topic in names:
        if not may("topic", topic, "Write"):
            tried[f"write {topic}"] = _written(connection, topic)
    consumer = Consumer({**connection, "group.id": "nobody", "enable.auto.commit": False})
    for topic in names:
        if not may("topic", topic, "Read"):
            tried[f"read {topic}"] = _read(consumer, topic)
    consumer.close()
    for group in GROUPS:
        if not may("group", group, "Read"):
            tried[f"commit as {group}"] = _committed(admin, group)
    for topic in (topics.RECORDS, topics.METRICS):
        tried[f"delete {topic}"] = _code(admin.delete_topics([topic])[topic].result)
        resource = ConfigResource(ResourceType.TOPIC, topic)
        resource.add_incremental_config(
            ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)
        )
        tried[f"change {topic}"] = _code(admin.incremental_alter_configs([resource])[resource].result)
    for topic in ("other", "covid.other"):
        if not may("topic", topic, "Create"):
            tried[f"make {topic}"] = _code(admin.create_topics([NewTopic(topic, 1, 1)])[topic].result)
    every = AclBinding(
        ResourceType.TOPIC, "covid.", ResourcePatternType.PREFIXED, f"User:{user}", "*", AclOperation.ALL,
        AclPermissionType.ALLOW,
    )  # fmt: skip
    tried["give itself rights"] = _code(admin.create_acls([every])[every].result)
    assert len(tried) > len(names)
    assert {what: code for what, code in tried.items() if code not in REFUSALS} == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"security_protocol": "PLAINTEXT"},
        {"security_protocol": "SASL_PLAINTEXT"},
        {"security_protocol": "SSL"},
        {"ssl_ca_location": None},
        {"sasl_password": "wrong"},
        {"sasl_username": "nobody"},
    ],
    ids=lambda changes: " ".join(f"{name}={value}" for name, value in changes.items()),
)
def test_nobody_comes_in_without_tls_and_a_password(cluster: Secured, changes: dict[str, Any]) -> None:
    good, bad = cluster.connection("api"), cluster.connection("api", **changes)
    assert AdminClient(good).list_topics(timeout=10).topics
    with pytest.raises(KafkaException):
        AdminClient(bad).list_topics(timeout=1)


# --- and says so


PROCESSES: Final = {
    "producer": ("covid_producer", "publish", "."),
    "stream": ("covid_stream",),
    **{f"sink-{name}": ("covid_sinks", name) for name in topics.SINKS},
    "alerts": ("covid_alerts",),
    "api": ("covid_api",),
    "init": ("covid_cli", "init"),
    "verify": ("covid_cli", "verify", "--wait", "1"),
}


WRONG: Final[dict[str, dict[str, Any]]] = {
    **{user: {"sasl_password": "wrong-password"} for user in PROCESSES},
    "producer, without the authority": {"ssl_ca_location": None},
}


@pytest.fixture(scope="module")
def ended(cluster: Secured) -> dict[str, tuple[int, list[str]]]:
    """Exit code and lines of each process that is not let in, all started at once."""
    own = {variable(StreamSettings, "checkpoint"): str(cluster.home / "another"), "COLUMNS": "500"}
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", *PROCESSES[user]],
            env={**os.environ, **cluster.environment(user, **changes), **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, changes in WRONG.items()
        for user in (name.partition(",")[0],)
    }
    try:
        said = {name: process.communicate(timeout=60)[0] for name, process in running.items()}
    finally:
        for process in running.values():
            process.kill()
    return {name: (process.returncode, said[name].splitlines()) for name, process in running.items()}


@pytest.mark.parametrize("name", WRONG)
def test_a_process_that_is_not_let_in_says_why_and_ends(
    ended: dict[str, tuple[int, list[str]]], name: str
) -> None:
    code, lines = ended[name]
    assert code in (1, 2), lines
    sentences = [line for line in lines if "cannot agree" in line]
    assert len(sentences) == 1, lines
    (sentence,) = sentences
    assert f"the user {name.partition(',')[0]} cannot agree" in sentence
    assert sentence.endswith("see the settings COVID_KAFKA_…")
    assert not any("wrong-password" in line or "Traceback" in line for line in lines)
