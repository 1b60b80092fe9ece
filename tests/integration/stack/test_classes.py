"""Class archives, by a JVM that writes one and JVMs that start with it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from covid_cli import settings
from covid_cli.stack import classes, jars
from covid_cli.stack.java import find_java

pytestmark = pytest.mark.integration

TOP = "shared objects file (top)"
"""What a JVM's log calls an archive that was recorded on top of Java's own."""


@pytest.fixture(scope="module")
def class_path() -> str:
    given = settings.read()
    folder = jars.present(given.cache_folder, given.maven_repo, lambda size: lambda received: None)["kafka"]
    return f"{folder}/*"


@pytest.fixture(scope="module")
def archive(class_path: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("classes") / "kafka.jsa"
    recording = classes.Recording(archive)
    run(class_path, *recording.options)
    assert recording.keep()
    return archive


def run(class_path: str, *options: str) -> str:
    """What a small tool of Kafka's prints, with what the options make the JVM log."""
    tool = ("-cp", class_path, "kafka.tools.StorageTool", "random-uuid")
    argv = (find_java(), *options, *tool)
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout


def test_classes_come_from_the_archive(class_path: str, archive: Path) -> None:
    log = run(class_path, *classes.use(archive), "-Xlog:class+load")
    (tool,) = (line for line in log.splitlines() if " kafka.tools.StorageTool " in line)
    assert TOP in tool


def test_a_jvm_with_another_class_path_goes_on_without(
    class_path: str, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "first.jar").symlink_to(next(Path(class_path).parent.glob("*.jar")))
    log = run(f"{tmp_path}/first.jar:{class_path}", *classes.use(archive), "-Xlog:class+load")
    assert " kafka.tools.StorageTool " in log
    assert TOP not in log


def test_a_jvm_with_a_damaged_archive_goes_on_without(class_path: str, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jsa"
    damaged.write_bytes(b"cut off")
    assert run(class_path, *classes.use(damaged)).strip()
