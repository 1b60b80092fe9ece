"""Brings the images that tests start: here already, pulled, or stand-ins built from packages.

A machine without an image registry may have a folder that builds local images of the same names
(`../shared/standin-images` beside the checkout, or COVID_STANDIN_IMAGES). Nothing else knows of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = ROOT / "docker-compose.yml"
STAND_INS: Final = Path(os.environ.get("COVID_STANDIN_IMAGES", ROOT.parent / "shared" / "standin-images"))
PULL_SECONDS: Final = 600
BUILD_SECONDS: Final = 1_200
STAND_IN: Final = {
    "python:3.13-slim-bookworm": "python3.13",
    "eclipse-temurin:17-jre": "java17",
    "apache/kafka:4.1.1": "kafka",
    "amazon/dynamodb-local:3.1.0": "dynamodb",
    "chrislusf/seaweedfs:4.48": "seaweedfs",
    "postgres:17-bookworm": "postgres",
    "prom/prometheus:v3.5.0": "prometheus",
}
"""What `build.sh` calls its stand-in for an image."""
_FROM: Final = re.compile(r"^FROM (\S+)", re.MULTILINE)


class Unavailable(Exception):
    """Images or the engine cannot be had here. The text says why."""


def dockerfiles() -> list[Path]:
    """Every image that this repository builds."""
    return sorted([*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("cli/Dockerfile")])


def bases() -> set[str]:
    """What our own images are built from."""
    return {name for path in dockerfiles() for name in _FROM.findall(path.read_text(encoding="utf-8"))}


def of_service(name: str) -> str:
    """The image of a service of docker-compose.yml."""
    image: str = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"][name]["image"]
    return image


def of_services(*names: str) -> set[str]:
    """The images of services of docker-compose.yml."""
    return {of_service(name) for name in names}


def bring(names: Iterable[str], scratch: Path) -> None:
    """Have these images on the engine. Raises `Unavailable`. `scratch` is an empty folder."""
    if _run("docker", "version", seconds=60).returncode:
        raise Unavailable("no container engine answers")
    missing = [name for name in sorted(names) if not _present(name)]
    if missing and not _pull(missing):
        _build_stand_ins(missing, scratch)
        missing = [name for name in missing if not _present(name)]
        if missing:
            raise Unavailable(f"{', '.join(missing)}: neither pulled nor built from {STAND_INS}")


def _present(name: str) -> bool:
    return _run("docker", "image", "inspect", name, seconds=60).returncode == 0


def _pull(names: Sequence[str]) -> bool:
    # The first refusal tells of all: one registry serves them.
    return all(
        _run("docker", "pull", "--quiet", name, seconds=PULL_SECONDS).returncode == 0 for name in names
    )


def _build_stand_ins(names: Sequence[str], scratch: Path) -> None:
    if not (STAND_INS / "build.sh").exists():
        raise Unavailable(f"no image registry answers, and {STAND_INS} is not there")
    wanted = [STAND_IN[name] for name in names if name in STAND_IN]
    if not wanted:
        raise Unavailable(f"no image registry answers, and {STAND_INS.name} has no {', '.join(names)}")
    # A copy that may be written: images keep the modes of what they are built from.
    folder = scratch / "stand-ins"
    shutil.copytree(STAND_INS, folder)
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode | 0o200)
    done = _run("bash", str(folder / "build.sh"), "--only", *wanted, seconds=BUILD_SECONDS)
    if done.returncode:
        raise Unavailable(f"stand-in images could not be built: {done.stdout[-500:]}{done.stderr[-500:]}")


def _run(*command: str, seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
