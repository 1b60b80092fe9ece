"""Which Java is taken, and what is said where none is good enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.errors import UserError
from covid_cli.stack import java


@pytest.fixture(autouse=True)
def _nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}")
    monkeypatch.setattr(java, "_MACOS_FINDER", tmp_path / "finder")
    monkeypatch.setattr(java, "_LINUX_FOLDER", tmp_path / "jvm")


def install(folder: Path, banner: str) -> Path:
    """An executable that prints what `java -version` prints."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_version(tmp_path: Path, banner: str, version: int | None) -> None:
    program = install(tmp_path, banner.replace("'", ""))
    assert java.major_version(program) == version


def test_what_is_no_program_has_no_version(tmp_path: Path) -> None:
    assert java.major_version(tmp_path / "absent") is None


def test_java_home_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = install(tmp_path / "home" / "bin", 'openjdk version "21.0.1"')
    install(tmp_path / "path", 'openjdk version "17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java.find_java() == chosen


def test_an_old_java_home_does_not_hide_a_good_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "home" / "bin", 'java version "1.8.0_402"')
    good = install(tmp_path / "path", 'openjdk version "17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java.find_java() == good


@pytest.mark.parametrize(("version", "good"), [(16, False), (17, True), (22, True), (23, False)])
def test_spark_runs_on_17_to_22(tmp_path: Path, version: int, good: bool) -> None:
    program = install(tmp_path / "path", f'openjdk version "{version}.0.1"')
    if good:
        assert java.find_java() == program
        return
    with pytest.raises(UserError, match=rf"Java 17 to 22 is needed .*{program} is version {version}\)"):
        java.find_java()


def test_where_one_is_too_new_another_that_is_installed_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = install(tmp_path / "jvm" / "java-25" / "bin", 'openjdk version "25.0.1"')
    good = install(tmp_path / "jvm" / "java-of-21" / "bin", 'openjdk version "21.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(new.parent.parent))
    assert java.find_java() == good


def test_macos_is_asked_for_each_version_that_will_do(tmp_path: Path) -> None:
    """Its answer to `-v 17+` would be the newest."""
    good = install(tmp_path / "21" / "bin", 'openjdk version "21.0.1"')
    install(tmp_path / "path", 'openjdk version "25.0.1"')
    finder = tmp_path / "finder"
    finder.write_text(f'#!/bin/sh\n[ "$1 $2" = "-v 21" ] && echo {tmp_path / "21"}\n')
    finder.chmod(0o755)
    assert java.find_java() == good


def test_no_java_says_how_to_get_one() -> None:
    with pytest.raises(UserError) as caught:
        java.find_java()
    sentence = str(caught.value)
    assert all(word in sentence for word in ("Java 17 to 22", "Debian", "macOS", "WSL", "JAVA_HOME"))


def test_an_old_java_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = install(tmp_path / "home" / "bin", 'openjdk version "11.0.2"')
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "java").symlink_to(old)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    with pytest.raises(UserError, match=rf"\({old} is version 11\)"):
        java.find_java()
