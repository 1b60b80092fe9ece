"""Where class archives are, and what becomes of them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from covid_cli.errors import UserError
from covid_cli.stack import classes

DAY = 24 * 3600


@pytest.fixture
def java(tmp_path: Path) -> Path:
    home = tmp_path / "java"
    for file in ("bin/java", "lib/modules"):
        (home / file).parent.mkdir(parents=True)
        (home / file).touch()
    return home / "bin" / "java"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {group: tmp_path / "jars" / group for group in ("kafka", "dynamodb", "spark")}
    for group, folder in made.items():
        folder.mkdir(parents=True)
        (folder / f"{group}.jar").write_bytes(b"PK")
    return made


def test_an_archive_is_named_by_the_class_path_of_its_jvm(
    tmp_path: Path, java: Path, folders: dict[str, Path]
) -> None:
    before = classes.archives(tmp_path, java, folders)
    assert set(before) == set(classes.JVMS)
    assert classes.archives(tmp_path, java, folders) == before
    os.utime(folders["spark"] / "spark.jar", (1, 1))
    after = classes.archives(tmp_path, java, folders)
    assert {name for name in before if after[name] != before[name]} == {"stream"}


def test_another_java_has_archives_of_its_own(tmp_path: Path, java: Path, folders: dict[str, Path]) -> None:
    before = classes.archives(tmp_path, java, folders)
    (java.parent.parent / "lib" / "modules").write_bytes(b"of the next release")
    assert set(classes.archives(tmp_path, java, folders).values()).isdisjoint(before.values())


def test_a_jvm_is_told_of_an_archive_only_where_there_is_one(tmp_path: Path) -> None:
    archive = tmp_path / "kafka-1.jsa"
    assert classes.use(archive) == ()
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in classes.use(archive)


def test_a_recording_stands_in_its_place_once_it_is_whole(tmp_path: Path) -> None:
    archive = tmp_path / "classes" / "kafka-1.jsa"
    recording = classes.Recording(archive)
    assert not recording.keep()  # the JVM wrote nothing
    (option,) = recording.options
    draft = Path(option.partition("=")[2])
    draft.write_bytes(b"classes")
    assert not archive.exists()
    assert recording.keep()
    assert archive.read_bytes() == b"classes"
    assert list(archive.parent.iterdir()) == [archive]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "classes").touch()
    with pytest.raises(UserError, match="COVID_CACHE"):
        classes.Recording(tmp_path / "classes" / "kafka-1.jsa")


def test_what_no_start_has_used_for_a_month_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "classes"
    folder.mkdir()
    used, unused = folder / "kafka-used.jsa", folder / "kafka-unused.jsa"
    for file in (used, unused):
        file.touch()
        os.utime(file, (time.time() - 31 * DAY,) * 2)
    classes.use(used)
    classes.forget_unused(tmp_path)
    assert list(folder.iterdir()) == [used]
