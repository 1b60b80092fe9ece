"""Every alert has its runbook, and what a runbook tells people to type or to look at is there.

`covid`, `make`, settings, links and files of the page: `tests/unit/docs`, as of every page.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from covid_api.routes import metrics, operations, pipeline
from tests.observability.conftest import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "runbooks.md"
PARTS: Final = ["Meaning", "What users see", "How to look", "What to do"]
PLACEHOLDER: Final = "SERVICE"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def typed(page: str) -> Iterator[list[str]]:
    """Commands of `docker compose`, in blocks and in sentences, those within another command too."""
    for line in re.findall(r"docker compose ([^`\n)]+)", page):
        yield shlex.split(line.replace(" …", ""))


def test_every_alert_has_its_runbook_and_every_runbook_its_alert(
    page: str, rules: list[dict[str, Any]]
) -> None:
    assert re.findall(r"^## (.+)$", page, re.M) == [rule["alert"] for rule in rules]


def test_every_runbook_has_the_same_parts(page: str) -> None:
    for runbook in page.split("\n## ")[1:]:
        assert re.findall(r"^\*\*(.+?)\.\*\* \S", runbook, re.M) == PARTS, runbook.split("\n", 1)[0]


def test_every_alert_leads_to_its_runbook(rules: list[dict[str, Any]], prometheus: dict[str, Any]) -> None:
    """MkDocs makes the anchor of a heading that is one word by lowering its letters."""
    assert prometheus["global"]["external_labels"].keys() == {"docs"}
    for rule in rules:
        expected = f"{{{{ $externalLabels.docs }}}}/{PAGE.stem}.html#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook_url"] == expected


def test_services_that_are_named_are_those_of_compose(page: str, compose: dict[str, Any]) -> None:
    found = list(typed(page))
    assert found
    services = {*compose["services"], PLACEHOLDER}
    for words in found:
        # After the service, `run` has a command of its own, which tests/unit/docs reads.
        named = [word for word in words[1:] if not word.startswith("-") and not word.isdecimal()]
        assert set(named[:1] if words[0] == "run" else named) <= services, words


def test_options_that_are_named_are_those_of_compose(page: str) -> None:
    for words in typed(page):
        own = words[: words.index("covid")] if "covid" in words else words
        for option in (word for word in own if word.startswith("--")):
            assert re.search(rf"{option}\b", help_of(own[0])), words


@cache
def help_of(command: str) -> str:
    program = Path(sys.executable).with_name("docker-compose")
    done = subprocess.run(
        [program, command, "--help"], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


def test_panels_that_are_named_are_on_the_dashboard(page: str, panels: list[dict[str, Any]]) -> None:
    named = set(re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", page)) - {"Pipeline"}
    assert named
    assert named <= {panel["title"] for panel in panels}


def test_addresses_of_the_api_exist(page: str) -> None:
    known = {route.path for module in (metrics, operations, pipeline) for route in module.router.routes}
    named = set(re.findall(r"localhost:8000(/[\w/]+)", page))
    assert named
    assert named <= known
