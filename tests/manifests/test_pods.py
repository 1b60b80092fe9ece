"""No pod has more rights than it needs, every one has limits and probes, and few things are single."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.manifests.pods import Pod, of_kind, pods

Resources = list[dict[str, Any]]


def _ours(pod: Pod) -> bool:
    return pod.labels["app.kubernetes.io/part-of"] == "covid-tracker"


def test_pods_run_under_the_restricted_profile(resources: Resources) -> None:
    for pod in pods(resources):
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True, pod.name
        assert context["runAsUser"] > 0, pod.name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, pod.name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys(), pod.name
        assert not any("hostPath" in volume for volume in pod.spec["volumes"]), pod.name
        for container in pod.containers:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, pod.name
            assert context["readOnlyRootFilesystem"] is True, pod.name
            assert context["capabilities"] == {"drop": ["ALL"]}, pod.name
            assert not {"runAsUser", "runAsNonRoot", "privileged"} & context.keys(), pod.name


def test_our_images_run_as_their_fixed_user_and_can_write_to_tmp(resources: Resources) -> None:
    for pod in filter(_ours, pods(resources)):
        assert pod.spec["securityContext"]["runAsUser"] == 10001, pod.name
        (tmp,) = [volume for volume in pod.spec["volumes"] if volume["name"] == "tmp"]
        assert "sizeLimit" in tmp["emptyDir"], pod.name
        mounts = [mount for each in pod.containers for mount in each["volumeMounts"]]
        assert {"name": "tmp", "mountPath": "/tmp"} in mounts, pod.name


def test_only_spark_drivers_get_a_token_of_kubernetes(resources: Resources) -> None:
    with_token = {pod.name for pod in pods(resources) if pod.spec.get("automountServiceAccountToken", True)}
    assert with_token == {"stream-driver", "backfill-driver"}


def test_every_container_has_limits(resources: Resources) -> None:
    for pod in pods(resources):
        for container in pod.containers:
            limits = pod.limits or container["resources"]["limits"]
            assert limits.keys() >= {"cpu", "memory"}, pod.name


def test_every_container_that_stays_has_probes(resources: Resources) -> None:
    for pod in pods(resources):
        for container in pod.containers:
            probes = {"startupProbe", "livenessProbe", "readinessProbe"} & container.keys()
            assert len(probes) == (0 if pod.kind in ("Job", "CronJob") else 3), pod.name


def test_probes_ask_a_port_that_the_container_has(resources: Resources) -> None:
    for pod in pods(resources):
        for container in pod.containers:
            names = {port.get("name") for port in container.get("ports", ())}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked: Mapping[str, Any] = container.get(probe, {}).get("httpGet", {})
                assert asked.get("port", "http") in names | {"http"}, pod.name
                if asked and _ours(pod):
                    # The API serves what it can while a store or the log is away.
                    ready = "/healthz" if pod.name == "api" else "/readyz"
                    assert asked["path"] == (ready if probe == "readinessProbe" else "/healthz")


def test_kafka_runs_under_the_restricted_profile(local: Resources) -> None:
    (kafka,) = of_kind(local, "Kafka")
    broker, operators = kafka["spec"]["kafka"]["template"], kafka["spec"]["entityOperator"]["template"]
    for template in (broker, operators):
        assert template["pod"]["securityContext"] == {
            "runAsNonRoot": True,
            "fsGroup": 0,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    for container in (
        broker["kafkaContainer"],
        operators["topicOperatorContainer"],
        operators["userOperatorContainer"],
    ):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    operator = kafka["spec"]["entityOperator"]
    (pool,) = of_kind(local, "KafkaNodePool")
    for part in (operator["topicOperator"], operator["userOperator"], pool["spec"]):
        assert part["resources"]["limits"].keys() == {"cpu", "memory"}


def test_the_namespace_enforces_the_restricted_profile(resources: Resources) -> None:
    (namespace,) = of_kind(resources, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {
        each["metadata"].get("namespace", "covid-tracker") for each in resources if each != namespace
    } == {namespace["metadata"]["name"]}


def test_images_are_pinned_and_name_no_registry(resources: Resources) -> None:
    images = [
        container["image"] for pod in pods(resources) for container in pod.containers if "image" in container
    ]
    for kind, path in (("SparkApplication", ()), ("ScheduledSparkApplication", ("template",))):
        for application in of_kind(resources, kind):
            spec = application["spec"]
            for step in path:
                spec = spec[step]
            images.append(spec["image"])
    for image in images:
        name, _, tag = image.partition(":")
        assert tag not in ("", "latest"), image
        assert "." not in name, image


def test_each_sink_scales_by_its_lag_and_the_lake_has_one_writer(resources: Resources) -> None:
    scaled = {each["metadata"]["name"]: each["spec"] for each in of_kind(resources, "ScaledObject")}
    sinks = {each["metadata"]["name"] for each in of_kind(resources, "StatefulSet")}
    assert scaled.keys() == {"sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift"} <= sinks
    for name, spec in scaled.items():
        assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name}
        assert spec["minReplicaCount"] == 1
    assert scaled["sink-s3"]["maxReplicaCount"] == scaled["sink-redshift"]["maxReplicaCount"] == 1


def test_who_is_scaled_has_no_replicas_of_its_own(resources: Resources) -> None:
    targets = {
        (each["spec"]["scaleTargetRef"]["kind"], each["spec"]["scaleTargetRef"]["name"])
        for kind in ("ScaledObject", "HorizontalPodAutoscaler")
        for each in of_kind(resources, kind)
    }
    assert ("Deployment", "api") in targets
    for each in resources:
        if (each["kind"], each["metadata"]["name"]) in targets:
            assert "replicas" not in each["spec"]


def test_disruption_budgets_choose_pods(resources: Resources) -> None:
    chosen = set()
    for budget in of_kind(resources, "PodDisruptionBudget"):
        wanted = budget["spec"]["selector"]["matchLabels"].items()
        names = {pod.name for pod in pods(resources) if wanted <= pod.labels.items()}
        assert len(names) == 1, budget["metadata"]["name"]
        chosen |= names
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    (stream,) = of_kind(resources, "SparkApplication")
    several = {"stream-executor"} if stream["spec"]["executor"]["instances"] > 1 else set()
    assert chosen == {"api", "sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift"} | several


def test_the_stream_comes_back_from_a_checkpoint_in_s3(resources: Resources) -> None:
    (stream,) = of_kind(resources, "SparkApplication")
    assert stream["spec"]["restartPolicy"]["type"] == "Always"
    (settings,) = [
        each["data"]
        for each in of_kind(resources, "ConfigMap")
        if each["metadata"]["name"].startswith("settings-")
    ]
    assert settings["COVID_STREAM_CHECKPOINT"].startswith(f"s3a://{settings['COVID_S3_BUCKET']}/")


def test_prometheus_finds_every_service(resources: Resources) -> None:
    (monitor,) = of_kind(resources, "PodMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    found = {
        pod.name
        for pod in pods(resources)
        if wanted <= pod.labels.items()
        and any(port["name"] == endpoint["port"] for each in pod.containers for port in each.get("ports", ()))
    }
    sinks = {"sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift"}
    services = {"api", "alerts", "producer", "stream-driver", *sinks}
    assert found == services
