"""What Prometheus scrapes, and its rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.containers import images
from tests.observability.conftest import FILES, REPOSITORY

TARGETS = {
    "producer:8080",
    "stream:8080",
    "sink-dynamodb:8080",
    "sink-s3:8080",
    "sink-rds:8080",
    "sink-redshift:8080",
    "alerts:8080",
    "api:8000",
}


@pytest.fixture(scope="module")
def targets(prometheus: dict[str, Any]) -> set[str]:
    (job,) = prometheus["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    return {target for group in job["static_configs"] for target in group["targets"]}


def test_every_service_is_scraped_every_five_seconds(prometheus: dict[str, Any], targets: set[str]) -> None:
    assert targets == TARGETS
    assert prometheus["global"]["scrape_interval"] == "5s"


def test_the_services_are_those_of_compose(compose: dict[str, Any], targets: set[str]) -> None:
    """Every long-running service of ours, of those that start without a profile."""
    services = {target.partition(":")[0] for target in targets}
    ours = {
        name
        for name, service in compose["services"].items()
        if re.fullmatch(r"alerts|api|producer|stream|sink-.+", name)
        if not service.get("profiles")
    }
    assert ours == services


def test_rules_are_found_beside_the_configuration(prometheus: dict[str, Any]) -> None:
    assert [(FILES / name).exists() for name in prometheus["rule_files"]] == [True]


def test_every_alert_says_what_is_wrong(rules: list[dict[str, Any]]) -> None:
    names = [rule["alert"] for rule in rules]
    assert len(names) == len(set(names))
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]


def test_every_alert_has_a_test_that_fires_it(rules: list[dict[str, Any]]) -> None:
    text = (Path(__file__).parent / "rules_test.yml").read_text(encoding="utf-8")
    fired = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", text))
    assert fired == {rule["alert"] for rule in rules}


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """Prometheus' own checker: on PATH, else out of the image of docker-compose.yml."""
    if found := shutil.which("promtool"):
        return (found,)
    image = images.of_service("prometheus")
    try:
        images.bring({image}, tmp_path_factory.mktemp("images"))
    except images.Unavailable as error:
        pytest.skip(f"promtool is not on PATH, and {error}")
    mount = f"{REPOSITORY}:{REPOSITORY}:ro"
    return ("docker", "run", "--rm", "--volume", mount, "--entrypoint", "promtool", image)


@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", str(FILES / "prometheus.yml")),
        ("check", "rules", str(FILES / "rules.yml")),
        ("test", "rules", str(Path(__file__).parent / "rules_test.yml")),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_promtool(command: tuple[str, ...], promtool: Sequence[str]) -> None:
    done = subprocess.run([*promtool, *command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
