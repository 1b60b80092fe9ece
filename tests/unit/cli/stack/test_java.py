"""Which Java is taken, and what is said where none is good enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.errors import UserError
from covid_cli.stack import java


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
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    assert java.find_java() == chosen


def test_an_old_java_home_does_not_hide_a_good_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "home" / "bin", 'java version "1.8.0_402"')
    good = install(tmp_path / "path", 'openjdk version "17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    assert java.find_java() == good


def test_no_java_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_MACOS_FINDER", tmp_path / "absent")
    with pytest.raises(UserError) as caught:
        java.find_java()
    sentence = str(caught.value)
    assert all(word in sentence for word in ("Java 17 or newer", "Debian", "macOS", "WSL", "JAVA_HOME"))


def test_an_old_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = install(tmp_path / "home" / "bin", 'openjdk version "11.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(java, "_MACOS_FINDER", tmp_path / "absent")
    with pytest.raises(UserError, match=f"{old} is version 11"):
        java.find_java()
