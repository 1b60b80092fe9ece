"""The manifests speak of settings that exist, and of secrets that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from covid_core.environment import is_secret, load, variable
from covid_core.settings import ALL, GlueSettings, KafkaSettings, PipelineSettings
from tests.manifests import kustomize
from tests.manifests.pods import environment, of_kind, pods

Resources = list[dict[str, Any]]

_SETTINGS: Final = {
    variable(group, field.name): is_secret(field) for group in ALL for field in msgspec.structs.fields(group)
}
KNOWN: Final = {*_SETTINGS, *(f"{name}_FILE" for name, secret in _SETTINGS.items() if secret)}


def test_every_variable_is_a_setting(resources: Resources) -> None:
    for pod in pods(resources):
        names = {name for name in environment(pod, resources) if name.startswith("COVID_")}
        assert names <= KNOWN, pod.name


def test_every_variable_anywhere_in_the_manifests_is_a_setting() -> None:
    for path in kustomize.ROOT.rglob("*"):
        if path.is_file() and path.suffix in (".yaml", ".env") and "secrets" not in path.parts:
            names = set(re.findall(r"\bCOVID_[A-Z0-9_]+", path.read_text(encoding="utf-8")))
            assert names <= KNOWN, path


def secret(path: str) -> str:
    """What a mounted file may hold."""
    return "postgresql://covid:secret@db/covid" if path.endswith(("/url", "/uri")) else "secret"


def test_the_local_settings_have_values_that_services_accept(local: Resources) -> None:
    for pod in pods(local):
        for group in ALL:
            load(group, environment(pod, local), secret)


def _mounted(pod: Any) -> Iterator[str]:
    """Paths of the files that a pod gets from Secrets whose keys are known."""
    (container,) = pod.containers
    volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
    for mount in container["volumeMounts"]:
        volume = volumes.get(mount["name"], {})  # absent: a claim of a StatefulSet
        for source in volume.get("projected", {}).get("sources", ()):
            yield from (f"{mount['mountPath']}/{item['path']}" for item in source["secret"]["items"])
        if "secret" in volume:
            yield f"{mount['mountPath']}|{volume['secret']['secretName']}"


def test_every_file_of_a_secret_is_mounted(resources: Resources) -> None:
    keys = {each["metadata"]["name"]: set(each["data"]) for each in of_kind(resources, "Secret")}
    keys |= {
        each["spec"]["target"]["name"]: {entry["secretKey"] for entry in each["spec"]["data"]}
        for each in of_kind(resources, "ExternalSecret")
    }
    for pod in pods(resources):
        files = set()
        for path in _mounted(pod):
            folder, _, secret = path.partition("|")
            files |= {f"{folder}/{key}" for key in keys[secret]} if secret else {path}
        variables = environment(pod, resources)
        needed = {path for name, path in variables.items() if re.fullmatch("COVID_.*_FILE", name)}
        assert needed <= files, pod.name


def test_each_service_logs_in_as_itself(local: Resources) -> None:
    users = {each["metadata"]["name"] for each in of_kind(local, "KafkaUser")}
    for pod in pods(local):
        if pod.labels.get("covid-tracker/to-kafka") and not pod.name.endswith("-executor"):
            user = environment(pod, local)["COVID_KAFKA_SASL_USERNAME"]
            if user.startswith("metadata.labels"):
                user = pod.labels["app.kubernetes.io/name"]
            assert user == pod.labels["app.kubernetes.io/name"]
            secrets = {
                source["secret"]["name"]
                for volume in pod.spec["volumes"]
                for source in volume.get("projected", {}).get("sources", ())
            }
            assert secrets == {user, "log-cluster-ca-cert"}
            assert user in users


def test_aws_has_no_stand_ins_and_no_secrets(resources: Resources, overlay: str) -> None:
    if overlay != "aws":
        return
    assert not of_kind(resources, "Secret")
    for pod in pods(resources):
        variables = environment(pod, resources)
        assert not {name for name in variables if "ENDPOINT" in name or "ACCESS_KEY" in name}, pod.name
        assert variables["COVID_KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"
        assert variables["COVID_KAFKA_SASL_MECHANISM"] == "AWS_MSK_IAM"


def test_aws_has_one_region(resources: Resources, overlay: str) -> None:
    if overlay != "aws":
        return
    # No pod asks Glue or Data Pipeline, which has no region in Canada.
    asked = (group for group in ALL if group not in (GlueSettings, PipelineSettings))
    groups = [group for group in asked if "region" in group.__struct_fields__]
    names = {"AWS_REGION", *(variable(group, "region") for group in groups)}
    assert len(names) == 4
    for pod in pods(resources):
        variables = environment(pod, resources)
        # A default would be right in one region only.
        assert names <= variables.keys(), pod.name
        assert len({variables[name] for name in names}) == 1, pod.name


def test_there_are_enough_partitions_for_every_sink(resources: Resources) -> None:
    (settings,) = [
        each["data"]
        for each in of_kind(resources, "ConfigMap")
        if each["metadata"]["name"].startswith("settings-")
    ]
    partitions = int(settings[variable(KafkaSettings, "partitions")])
    for scaled in of_kind(resources, "ScaledObject"):
        assert scaled["spec"]["maxReplicaCount"] in (1, partitions)
