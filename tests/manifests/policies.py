"""Which connections an overlay's NetworkPolicies allow, as arrows between names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.manifests.pods import Resource, cluster_pods, of_kind, pods


class Arrow(NamedTuple):
    """A connection that may be opened. Ports are numbers."""

    source: str
    target: str
    port: int


class _Node(NamedTuple):
    name: str
    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[str, int]


ELSEWHERE = (
    _Node("dns", "kube-system", {"k8s-app": "kube-dns"}, {}),
    _Node("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}, {}),
    _Node("collector", "observability", {"app.kubernetes.io/name": "opentelemetry-collector"}, {}),
    _Node("keda", "keda", {"app.kubernetes.io/name": "keda-operator"}, {}),
)
"""Pods of other namespaces that policies may mean, by the labels that their installers give them."""
_HERE = "covid-tracker"


def leaving(resources: Sequence[Resource]) -> set[Arrow]:
    """What the rules for egress allow, by the pods that they are for."""
    nodes = list(_nodes(resources))
    return {
        Arrow(node.name, target, port)
        for node, rule in _rules(resources, nodes, "egress")
        for target, port in _targets(rule, nodes)
    }


def arriving(resources: Sequence[Resource]) -> set[Arrow]:
    """What the rules for ingress allow, by the pods that they are for. `people`: from anywhere."""
    nodes = list(_nodes(resources))
    return {
        Arrow(source, node.name, port)
        for node, rule in _rules(resources, nodes, "ingress")
        for source in ([n.name for n in _peers(rule["from"], nodes)] if "from" in rule else ["people"])
        for port in _ports(rule, node)
    }


def _nodes(resources: Sequence[Resource]) -> Iterator[_Node]:
    for pod in pods(resources):
        ports = {p["name"]: p["containerPort"] for each in pod.containers for p in each.get("ports", ())}
        yield _Node(pod.name, _HERE, pod.labels, ports)
    for name, labels in cluster_pods(resources):
        yield _Node(name, _HERE, labels, {})
    yield from ELSEWHERE


def _rules(
    resources: Sequence[Resource], nodes: Iterable[_Node], direction: str
) -> Iterator[tuple[_Node, Mapping[str, Any]]]:
    for spec in [each["spec"] for each in of_kind(resources, "NetworkPolicy")] + list(_strimzi(resources)):
        assert (direction.title() in spec["policyTypes"]) or direction not in spec
        for rule in spec.get(direction, ()):
            for node in nodes:
                if node.namespace == _HERE and _selects(spec["podSelector"], node.labels):
                    yield node, rule


def _strimzi(resources: Sequence[Resource]) -> Iterator[Mapping[str, Any]]:
    """The policies that Strimzi makes for its own pods, as far as they concern this namespace."""
    for kafka in of_kind(resources, "Kafka"):
        cluster = {"matchLabels": {"strimzi.io/cluster": kafka["metadata"]["name"]}}
        own = {"from": [{"podSelector": cluster}], "ports": [{"port": 9090}, {"port": 9091}]}
        listeners = [
            {"from": each["networkPolicyPeers"], "ports": [{"port": each["port"]}]}
            for each in kafka["spec"]["kafka"]["listeners"]
        ]
        brokers = {"matchLabels": {"strimzi.io/name": f"{kafka['metadata']['name']}-kafka"}}
        yield {"podSelector": brokers, "policyTypes": ["Ingress"], "ingress": [own, *listeners]}


def _targets(rule: Mapping[str, Any], nodes: Sequence[_Node]) -> Iterator[tuple[str, int]]:
    if "to" not in rule:
        yield from (("anywhere", port["port"]) for port in rule["ports"])
        return
    for peer in rule["to"]:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            name = "internet" if "except" in block else block["cidr"]
            yield from ((name, port["port"]) for port in rule["ports"])
        else:
            for node in _peers([peer], nodes):
                yield from ((node.name, port) for port in _ports(rule, node))


def _peers(peers: Iterable[Mapping[str, Any]], nodes: Iterable[_Node]) -> Iterator[_Node]:
    nodes = list(nodes)
    for peer in peers:
        assert peer.keys() <= {"podSelector", "namespaceSelector"}
        for node in nodes:
            if "namespaceSelector" in peer:
                here = _selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": node.namespace})
            else:
                here = node.namespace == _HERE
            if here and _selects(peer.get("podSelector", {}), node.labels):
                yield node


def _ports(rule: Mapping[str, Any], node: _Node) -> Iterator[int]:
    for port in rule["ports"]:
        number = port["port"]
        if isinstance(number, int):
            yield number
        elif number in node.ports:
            yield node.ports[number]


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, "teach this function the rest first"
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
