"""The bill of materials: valid CycloneDX, and exactly what the locks pin."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from covid_cli.stack import sbom
from covid_cli.stack.pins import GROUPS, Jar, pinned

LOCK = Path(__file__).parents[4] / "requirements.lock"
JAR = Jar("kafka", "org.apache.kafka", "kafka_2.13", "4.1.1", "jar", 12, "ab" * 32)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sbom") / "new" / "bill.json"
    sbom.main(LOCK, path)
    return path.read_text()


@pytest.fixture(scope="module")
def components(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["components"]
    return found


def test_it_is_valid(components: list[dict[str, Any]]) -> None:
    def shape(entry: dict[str, Any]) -> str:
        return str(sorted((name, type(value).__name__) for name, value in entry.items()))

    # One entry of each shape: validating all 500 with their 6,000 checksums takes half a minute.
    shapes = {shape(entry): entry for entry in sorted(components, key=lambda entry: -len(str(entry)))}
    assert len(shapes) == 2
    text = json.dumps(sbom.document(list(shapes.values())))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    wrong = json.dumps(sbom.document([{**components[0], "type": "librarry"}]))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(wrong) is not None


def test_every_package_of_the_lock_stands_in_it_with_its_checksums(components: list[dict[str, Any]]) -> None:
    lock = LOCK.read_text()
    wanted = re.findall(r"^([a-z0-9.-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock, re.MULTILINE)
    found = [entry for entry in components if entry["purl"].startswith("pkg:pypi/")]
    # Some stand in it in two versions, for older and newer Pythons.
    assert [(entry["name"], entry["version"]) for entry in found] == wanted
    assert len(found) > 100
    hashes = [each["content"] for entry in found for each in entry["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))


def test_every_jar_stands_in_it_once_with_its_checksum(components: list[dict[str, Any]]) -> None:
    found = [entry for entry in components if entry["purl"].startswith("pkg:maven/")]
    assert len(found) == len({entry["purl"] for entry in found})
    assert {entry["hashes"][0]["content"] for entry in found} == {
        jar.sha256 for group in GROUPS for jar in pinned(group)
    }


def test_a_jar_of_two_groups_stands_once() -> None:
    entries = list(sbom.jars([JAR, JAR._replace(group="spark"), JAR._replace(type="so")]))
    assert [entry["purl"] for entry in entries] == [
        "pkg:maven/org.apache.kafka/kafka_2.13@4.1.1",
        "pkg:maven/org.apache.kafka/kafka_2.13@4.1.1?type=so",
    ]
    assert [each["value"] for each in entries[0]["properties"]] == ["kafka", "spark"]
