"""Roles on AWS allow the calls that the code makes, and no others. For MSK see `test_kafka`."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.manifests import kustomize

CALLS: Final = {
    ("api", "dynamodb"): "services/api/src/covid_api/reader.py",
    ("producer", "s3"): "services/producer/src/covid_producer/sources/s3.py",
    ("sink-dynamodb", "dynamodb"): "services/sinks/src/covid_sinks/dynamodb.py",
    ("sink-redshift", "s3"): "services/sinks/src/covid_sinks/sql/redshift.py",
    ("init", "s3"): "cli/src/covid_cli/provision.py",
}
"""Where the calls of a role stand, by the service that they are for."""

# Paginators and waiters by the name that they are asked for; rights by another name than the call's.
_RIGHTS: Final = {
    "table_exists": "DescribeTable",
    "transact_write_items": "PutItem",
    "list_objects_v2": "ListBucket",
    "head_bucket": "ListBucket",
}
_NOT_AWS: Final = {"close"}


def _calls(path: str) -> Iterator[str]:
    source = (Path(kustomize.ROOT.parent) / path).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if not ast.unparse(node.func.value).endswith("client"):
                continue
            name = node.func.attr
            if name in ("get_paginator", "get_waiter"):
                (asked,) = node.args
                assert isinstance(asked, ast.Constant)
                name = str(asked.value)
            if name not in _NOT_AWS:
                yield name


def _allowed(role: str, service: str) -> set[str]:
    text = (kustomize.ROOT / "overlays" / "aws" / "iam" / f"{role}.json").read_text(encoding="utf-8")
    actions = (action for statement in json.loads(text)["Statement"] for action in statement["Action"])
    return {action for action in actions if action.startswith(f"{service}:")}


@pytest.mark.parametrize(("role", "service"), CALLS)
def test_a_role_allows_what_is_called(role: str, service: str) -> None:
    called = set(_calls(CALLS[role, service]))
    assert called
    rights = {_RIGHTS.get(name, name.title().replace("_", "")) for name in called}
    assert _allowed(role, service) == {f"{service}:{right}" for right in rights}


def test_a_role_allows_nothing_in_a_service_that_is_not_called() -> None:
    for role in {role for role, _ in CALLS}:
        text = (kustomize.ROOT / "overlays" / "aws" / "iam" / f"{role}.json").read_text(encoding="utf-8")
        services = {
            action.partition(":")[0]
            for statement in json.loads(text)["Statement"]
            for action in statement["Action"]
        }
        assert services == {"kafka-cluster", *(service for each, service in CALLS if each == role)}
