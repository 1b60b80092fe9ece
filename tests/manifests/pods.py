"""The pods that an overlay brings about, whatever kind of resource makes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Resource = Mapping[str, Any]


class Pod(NamedTuple):
    """One kind of pod. `limits`: CPU and memory where the resource sets them beside the containers."""

    name: str
    kind: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any]
    limits: Mapping[str, str] = {}

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def of_kind(resources: Iterable[Resource], kind: str) -> list[Resource]:
    """The resources of a kind."""
    return [resource for resource in resources if resource["kind"] == kind]


def pods(resources: Iterable[Resource]) -> Iterator[Pod]:
    """All pods whose containers are ours to describe; see `cluster_pods` for Strimzi's."""
    for resource in resources:
        name, kind = resource["metadata"]["name"], resource["kind"]
        if kind in ("Deployment", "StatefulSet", "Job"):
            template = resource["spec"]["template"]
            yield Pod(name, kind, template["metadata"]["labels"], template["spec"])
        elif kind == "CronJob":
            template = resource["spec"]["jobTemplate"]["spec"]["template"]
            yield Pod(name, kind, template["metadata"]["labels"], template["spec"])
        elif kind == "SparkApplication":
            yield from _spark(name, kind, resource["spec"])
        elif kind == "ScheduledSparkApplication":
            yield from _spark(name, kind, resource["spec"]["template"])
        else:
            assert "containers" not in str(resource.get("spec")), f"{kind} has containers and is not tested"


def _spark(name: str, kind: str, spec: Mapping[str, Any]) -> Iterator[Pod]:
    for role in ("driver", "executor"):
        part = spec[role]
        template = part["template"]
        labels = {**template["metadata"]["labels"], "spark-role": role}
        # Spark itself makes the memory its request and its limit: heap and overhead.
        assert part["memory"] and part["memoryOverhead"]
        limits = {"cpu": part["coreLimit"], "memory": part["memory"]}
        yield Pod(f"{name}-{role}", kind, labels, template["spec"], limits)


def cluster_pods(resources: Iterable[Resource]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Name and labels of the pods that Strimzi makes of a `Kafka`."""
    for resource in of_kind(resources, "Kafka"):
        name = resource["metadata"]["name"]
        for part in ("kafka", "entity-operator"):
            yield part, {"strimzi.io/cluster": name, "strimzi.io/name": f"{name}-{part}"}


def environment(pod: Pod, resources: Sequence[Resource]) -> dict[str, str]:
    """The variables of a pod's only container; those from its fields as the field's path."""
    (container,) = pod.containers
    settings = {resource["metadata"]["name"]: resource for resource in of_kind(resources, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= settings[source["configMapRef"]["name"]]["data"]
    for variable in container.get("env", ()):
        assert "value" in variable or "fieldRef" in variable["valueFrom"], "secrets come as files"
        found[variable["name"]] = variable.get("value") or variable["valueFrom"]["fieldRef"]["fieldPath"]
    return found
