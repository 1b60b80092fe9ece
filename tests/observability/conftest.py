"""The files of the compose profile `observability`, read once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

REPOSITORY: Final = Path(__file__).parents[2]
FILES: Final = REPOSITORY / "observability"


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def prometheus() -> dict[str, Any]:
    return dict(_yaml(FILES / "prometheus.yml"))


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    """Every rule of every group."""
    return [rule for group in _yaml(FILES / "rules.yml")["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def dashboards() -> dict[str, dict[str, Any]]:
    """Dashboards by file name."""
    paths = sorted((FILES / "grafana" / "dashboards").glob("*.json"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="session")
def panels(dashboards: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Every panel that shows something; rows are headings."""
    every = [panel for dashboard in dashboards.values() for panel in dashboard["panels"]]
    return [panel for panel in every if panel["type"] != "row"]


@pytest.fixture(scope="session")
def datasource() -> dict[str, Any]:
    (only,) = _yaml(FILES / "grafana" / "provisioning" / "datasources" / "prometheus.yaml")["datasources"]
    return dict(only)


@pytest.fixture(scope="session")
def provider() -> dict[str, Any]:
    (only,) = _yaml(FILES / "grafana" / "provisioning" / "dashboards" / "files.yaml")["providers"]
    return dict(only)


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    path = REPOSITORY / "docker-compose.yml"
    if not path.exists():
        pytest.skip("no docker-compose.yml yet")
    return dict(_yaml(path))


@pytest.fixture(scope="session")
def expressions(
    rules: list[dict[str, Any]], dashboards: dict[str, dict[str, Any]], panels: list[dict[str, Any]]
) -> dict[str, str]:
    """Every PromQL expression by where it stands."""
    found = {f"rule {rule['alert']}": rule["expr"] for rule in rules}
    for panel in panels:
        for target in panel["targets"]:
            found[f"panel {panel['id']} {panel['title']} {target['refId']}"] = target["expr"]
    for name, dashboard in dashboards.items():
        for annotation in dashboard["annotations"]["list"]:
            found[f"annotation {name} {annotation['name']}"] = annotation["expr"]
    return found
