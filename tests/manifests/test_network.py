"""Every arrow of the picture is allowed by NetworkPolicies, and nothing besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from covid_process import tracing
from tests.manifests import kustomize
from tests.manifests.pods import environment, of_kind, pods
from tests.manifests.policies import Arrow, arriving, leaving

Resources = list[dict[str, Any]]

PICTURE: Final = {
    "producer": {"internet", "s3", "kafka"},
    "alerts": {"internet", "kafka"},
    "api": {"kafka", "dynamodb"},
    "stream": {"kafka", "s3"},
    "backfill": {"kafka", "s3", "catalog"},
    "sink-dynamodb": {"kafka", "dynamodb"},
    "sink-s3": {"kafka", "s3", "catalog"},
    "sink-rds": {"kafka", "rds"},
    "sink-redshift": {"kafka", "redshift", "s3"},
    "init": {"kafka", "s3"},
    "maintain": {"s3", "catalog"},
    "verify": {"kafka", "dynamodb", "s3", "catalog", "rds", "redshift"},
}
"""Who calls whom. The lake is S3 and its catalog; the stream keeps its checkpoint in S3; `init` makes
topics and buckets, and on the local overlay databases."""

SPARK: Final = ("stream", "backfill")
SINKS: Final = ("sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift")
HTTP: Final = {"api": 8000, **dict.fromkeys(("producer", "alerts", "stream-driver", *SINKS), 8080)}
STAND_INS: Final = ("seaweedfs", "dynamodb", "postgres")

LOCAL: Final = {
    "kafka": ("kafka", 9093),
    "s3": ("seaweedfs", 8333),
    "dynamodb": ("dynamodb", 8000),
    **dict.fromkeys(("rds", "redshift", "catalog"), ("postgres", 5432)),
    "internet": ("internet", 443),
}
VPC, EVERYWHERE = "10.0.0.0/16", "0.0.0.0/0"
AWS: Final = {
    "kafka": (VPC, 9098),
    "rds": (VPC, 1433),
    "redshift": (VPC, 5439),
    # AWS' own HTTPS endpoints. The Glue catalog is one of them.
    **dict.fromkeys(("s3", "dynamodb", "catalog"), (EVERYWHERE, 443)),
    "internet": ("internet", 443),
}


def _pods(service: str) -> tuple[str, ...]:
    return (f"{service}-driver", f"{service}-executor") if service in SPARK else (service,)


def _of_the_picture(picture: dict[str, set[str]], places: dict[str, tuple[str, int]]) -> Iterator[Arrow]:
    for service, targets in picture.items():
        for pod in _pods(service):
            yield from (Arrow(pod, *places[target]) for target in targets)


def _within_spark() -> Iterator[Arrow]:
    for service in SPARK:
        driver, executor = _pods(service)
        yield from (Arrow(executor, driver, 7078), Arrow(executor, driver, 7079))
        yield from (Arrow(driver, executor, 7079), Arrow(executor, executor, 7079))


def _unavoidable(everyone: list[str], *, asks_kubernetes: list[str]) -> Iterator[Arrow]:
    for pod in everyone:
        yield Arrow(pod, "dns", 53)
    for pod in asks_kubernetes:
        yield from (Arrow(pod, "anywhere", 443), Arrow(pod, "anywhere", 6443))


def _within_strimzi() -> Iterator[Arrow]:
    for source in ("kafka", "entity-operator"):
        yield from (Arrow(source, "kafka", 9090), Arrow(source, "kafka", 9091))


def _local() -> set[Arrow]:
    picture = {**PICTURE, "init": PICTURE["init"] | {"rds", "redshift", "catalog"}}
    services = [pod for service in PICTURE for pod in _pods(service)]
    strimzi = ["kafka", "entity-operator"]
    return {
        *_of_the_picture(picture, LOCAL),
        *_within_spark(),
        *_within_strimzi(),
        *_unavoidable(
            [*services, *STAND_INS, *strimzi],
            asks_kubernetes=["stream-driver", "backfill-driver", *strimzi],
        ),
    }


def _aws() -> set[Arrow]:
    services = [pod for service in PICTURE for pod in _pods(service)]
    return {
        *_of_the_picture(PICTURE, AWS),
        *_within_spark(),
        *_unavoidable(services, asks_kubernetes=["stream-driver", "backfill-driver"]),
        # STS: each asks for its role.
        *(Arrow(pod, EVERYWHERE, 443) for pod in services),
    }


ALLOWED: Final[dict[str, Callable[[], set[Arrow]]]] = {"local": _local, "aws": _aws}


def test_what_leaves_a_pod_is_an_arrow_of_the_picture(overlay: str, resources: Resources) -> None:
    # Pods of one label cannot be told apart within it: the operators' pods reach each other's ports too.
    found = {arrow for arrow in leaving(resources) if arrow.target != "entity-operator"}
    assert sorted(found) == sorted(ALLOWED[overlay]())


def test_what_arrives_at_a_pod_is_an_arrow_of_the_picture(overlay: str, resources: Resources) -> None:
    targets = {*HTTP, *STAND_INS, "kafka", *(pod for service in SPARK for pod in _pods(service))}
    from_the_picture = {arrow for arrow in ALLOWED[overlay]() if arrow.target in targets}
    from_elsewhere = {Arrow("people", "api", 8000)}
    from_elsewhere |= {Arrow("prometheus", pod, port) for pod, port in HTTP.items()}
    if overlay == "local":
        from_elsewhere.add(Arrow("keda", "kafka", 9093))
    assert sorted(arriving(resources)) == sorted(from_the_picture | from_elsewhere)


def test_spans_leave_for_the_collector_once_it_is_named(overlay: str, resources: Resources) -> None:
    traced = kustomize.render(f"overlays/{overlay}", "components/traces")
    senders = ("api", *SINKS)
    assert leaving(traced) - leaving(resources) == {Arrow(pod, "collector", 4318) for pod in senders}
    assert leaving(resources) < leaving(traced)
    assert arriving(traced) == arriving(resources)
    for pod in pods(traced):
        if pod.name in senders:
            told = {name: environment(pod, traced).get(name) for name in tracing.ENDPOINTS}
            endpoint = urlsplit(told["OTEL_EXPORTER_OTLP_ENDPOINT"] or "")
            assert endpoint.port == 4318
            assert (endpoint.hostname or "").split(".")[1:] == ["observability", "svc"]


def test_everything_else_is_denied(resources: Resources) -> None:
    (deny,) = [
        each for each in of_kind(resources, "NetworkPolicy") if each["metadata"]["name"] == "default-deny"
    ]
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("broken", ["to-kafka", "to-dns", "within-stream-driver"])
def test_a_missing_policy_is_noticed(broken: str, overlay: str, resources: Resources) -> None:
    without = [each for each in resources if each["metadata"]["name"] != broken]
    assert leaving(without) < leaving(resources)
