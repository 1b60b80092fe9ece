"""Each overlay, rendered once a run."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.manifests import kustomize

OVERLAYS = ("local", "aws")


@cache
def _rendered(overlay: str) -> list[dict[str, Any]]:
    return kustomize.render(f"overlays/{overlay}")


def _resources(overlay: str) -> list[dict[str, Any]]:
    try:
        return _rendered(overlay)
    except kustomize.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    """The name of an overlay."""
    return str(request.param)


@pytest.fixture
def resources(overlay: str) -> list[dict[str, Any]]:
    """What an overlay deploys."""
    return _resources(overlay)


@pytest.fixture
def local() -> list[dict[str, Any]]:
    """What the local overlay deploys."""
    return _resources("local")
