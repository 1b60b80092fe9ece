"""Finds a kustomize and renders with it: kubectl's own, one on the path, or one built from its Go module."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

VERSION: Final = "v5.5.0"
ROOT: Final = Path(__file__).parents[2] / "k8s"


class Missing(Exception):
    """There is no kustomize here and none can be built; the message says why."""


@cache
def command() -> tuple[str, ...]:
    """The command that renders a folder. Raises `Missing`."""
    if kubectl := shutil.which("kubectl"):
        return (kubectl, "kustomize")
    if found := shutil.which("kustomize"):
        return (found, "build")
    return (str(_built()), "build")


def _built() -> Path:
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache_home / "covid-tracker" / f"kustomize-{VERSION}"
    binary = folder / "kustomize"
    if binary.exists():
        return binary
    go = shutil.which("go")
    if go is None:
        raise Missing("neither kubectl nor kustomize nor go is installed")
    answer = subprocess.run(
        [go, "install", f"sigs.k8s.io/kustomize/kustomize/v5@{VERSION}"],
        env={**os.environ, "GOBIN": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise Missing(f"kustomize {VERSION} cannot be built: {answer.stderr.strip()[-300:]}")
    return binary


def render(path: str, component: str | None = None) -> list[dict[str, Any]]:
    """The resources of a folder of `k8s/`, with new secrets, and as a component of `k8s/` changes them.

    Raises `Missing`; fails where kustomize does.
    """
    how = command()
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that the secrets of whoever works here stay out of the tests, and theirs out of `k8s/`.
        copy = Path(folder) / "k8s"
        shutil.copytree(ROOT, copy)
        shutil.rmtree(copy / "overlays" / "local" / "secrets", ignore_errors=True)
        subprocess.run([copy / "overlays" / "local" / "make-secrets"], check=True)
        if component is not None:
            path = _overlay(copy, path, component)
        answer = subprocess.run([*how, copy / path], capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        return [document for document in yaml.safe_load_all(answer.stdout) if document]


def _overlay(root: Path, path: str, component: str) -> str:
    """An overlay of somebody's own, as docs/kubernetes.md has it."""
    own = root / "overlays" / "own"
    own.mkdir()
    text = {"resources": [f"../../{path}"], "components": [f"../../{component}"]}
    (own / "kustomization.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return "overlays/own"
