"""Every resource is valid, strictly: Kubernetes' kinds by its own schemas, custom ones by `k8s/schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.manifests import kustomize
from tests.manifests.pods import of_kind, pods

OLDEST: Final = "1.33"
"""The oldest Kubernetes that is validated against."""

Resources = list[dict[str, Any]]


@cache
def _schema(kind: str) -> Any:
    """Our schema of a custom kind; None for a kind of Kubernetes itself."""
    path = kustomize.ROOT / "schemas" / f"{kind}.yaml"
    if not path.exists():
        return None
    schema = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _validate(resource: Mapping[str, Any]) -> None:
    schema = _schema(resource["kind"])
    if schema is None:
        kubernetes_validate.validate(dict(resource), OLDEST, strict=True)
    else:
        jsonschema.validate(resource, schema, jsonschema.Draft202012Validator)


def test_every_resource_is_valid(resources: Resources) -> None:
    for resource in resources:
        try:
            _validate(resource)
        except jsonschema.ValidationError as error:
            where = "/".join(map(str, error.absolute_path))
            pytest.fail(f"{resource['kind']} {resource['metadata']['name']}, {where}: {error.message}")


def test_the_applications_of_schedules_are_valid(resources: Resources) -> None:
    for scheduled in of_kind(resources, "ScheduledSparkApplication"):
        _validate(
            {
                "apiVersion": scheduled["apiVersion"],
                "kind": "SparkApplication",
                "metadata": {},
                "spec": scheduled["spec"]["template"],
            }
        )


def test_pod_templates_of_spark_are_valid(resources: Resources) -> None:
    templates = [pod for pod in pods(resources) if pod.kind.endswith("SparkApplication")]
    assert len(templates) == 4
    for pod in templates:
        template = {"metadata": {"labels": dict(pod.labels)}, "spec": pod.spec}
        _validate({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {}, "template": template})


def test_a_misspelt_field_is_found(resources: Resources) -> None:
    for kind in ("Deployment", "ScaledObject", "SparkApplication"):
        resource = of_kind(resources, kind)[0]
        with pytest.raises(jsonschema.ValidationError, match="replicaz"):
            _validate({**resource, "spec": {**resource["spec"], "replicaz": 1}})


def test_names_are_unique(resources: Resources) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in resources]
    assert len(names) == len(set(names))
