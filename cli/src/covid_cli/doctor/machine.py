"""The machine: what the stack needs before it starts."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

import psutil
from packaging.requirements import Requirement

from covid_cli.doctor.finding import Finding, Level
from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.stack import classes, disk, jars
from covid_cli.stack.java import find_java, major_version
from covid_cli.stack.pins import EMBEDDED, pinned

MEMORY: Final = 4 << 30
"""Bytes that the stack takes with the publishers' files, the page cache included."""

_TOLERATED: Final = 0.9
"""A machine sold with so much memory has a little less."""

_ENGINE_SECONDS: Final = 10


def check(home: Path, given: CliSettings, *, running: bool) -> Iterator[Finding]:
    """Everything about the machine. `running`: whether the home's stack runs, and has its memory already."""
    java, found = _java()
    yield _python()
    yield found
    yield _memory(running)
    for about, folder in (("home", home), ("cache", given.cache_folder)):
        yield _disk(about, folder)
    folders = {group: jars.folder_of(given.cache_folder, pinned(group)) for group in EMBEDDED}
    yield _jars(folders, given.maven_repo)
    if java is not None:
        yield _archives(given.cache_folder, java, folders)
    yield _engine()
    yield _browser()


def _python() -> Finding:
    python = platform.python_version()
    unmet = _unmet()
    if unmet:
        return Finding(
            "python", Level.WRONG, f"Python {python} lacks {', '.join(unmet)}: run `make setup` once more."
        )
    return Finding("python", Level.OK, f"Python {python} with all that `covid up` runs.")


def _unmet() -> list[str]:
    """What this package requires for the embedded stack and is not installed in a version that will do."""
    found = []
    for text in requires("covid-cli") or ():
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": "embedded"}):
            continue
        try:
            met = wanted.specifier.contains(version(wanted.name), prereleases=True)
        except PackageNotFoundError:
            met = False
        if not met:
            found.append(f"{wanted.name}{wanted.specifier}")
    return found


def _java() -> tuple[Path | None, Finding]:
    try:
        java = find_java()
    except UserError as error:
        return None, Finding("java", Level.WRONG, str(error))
    return java, Finding("java", Level.OK, f"Java {major_version(java)}: {java}.")


def _memory(running: bool) -> Finding:
    memory = psutil.virtual_memory()
    amount = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB of memory are free"
    need = f"the stack takes about {MEMORY >> 30} GB"
    if memory.total < MEMORY * _TOLERATED:
        return Finding("memory", Level.WRONG, f"{amount}, and {need}: take a machine with more.")
    if not running and memory.available < MEMORY * _TOLERATED:
        return Finding("memory", Level.WARNING, f"{amount}, and {need}: close other programs first.")
    return Finding("memory", Level.OK, f"{amount}.")


def _disk(about: str, folder: Path) -> Finding:
    elsewhere = f"set COVID_{about.upper()} elsewhere"
    try:
        standing = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(standing).free
    except OSError as error:
        return Finding(about, Level.WRONG, f"{folder} cannot be reached ({error.strerror}): {elsewhere}.")
    if not standing.is_dir():
        return Finding(about, Level.WRONG, f"{standing} is no folder: {elsewhere}.")
    if not os.access(standing, os.W_OK):
        return Finding(about, Level.WRONG, f"{standing} cannot be written by this user: {elsewhere}.")
    if free < disk.LEAST_DISK:
        room = f"{free >> 20} MB left and {disk.LEAST_DISK >> 20} MB are needed"
        return Finding(
            about, Level.WRONG, f"The disk of {folder} has {room}: free some space, or {elsewhere}."
        )
    return Finding(about, Level.OK, f"{folder}, {free / 2**30:,.1f} GB free.")


def _jars(folders: dict[str, Path], repository: str) -> Finding:
    pins = [jar for group in folders for jar in pinned(group)]
    missing = [jar for group, folder in folders.items() for jar in jars.missing(folder, pinned(group))]
    if missing:
        size = sum(jar.size for jar in missing) / 1e6
        return Finding(
            "jars",
            Level.WARNING,
            f"{len(missing)} of {len(pins)} are absent or damaged: `covid warm` fetches {size:,.0f} MB from "
            f"{repository}.",
        )
    return Finding("jars", Level.OK, f"All {len(pins)} are in the cache.")


def _archives(cache: Path, java: Path, folders: dict[str, Path]) -> Finding:
    try:
        archives = classes.archives(cache, java, folders)
    except UserError as error:
        return Finding("class archives", Level.WRONG, str(error))
    missing = [name for name, archive in archives.items() if not archive.exists()]
    if missing:
        return Finding(
            "class archives",
            Level.WARNING,
            f"None of {', '.join(missing)}, so starts are slower: `covid warm` makes them, once.",
        )
    return Finding("class archives", Level.OK, f"Those of {', '.join(archives)} are there.")


def _engine() -> Finding:
    use = "`docker compose up` and its tests need one, `covid up` does not"
    engine = shutil.which("docker")
    if engine is None:
        return Finding("container engine", Level.OK, f"None is installed: {use}.")
    try:
        done = subprocess.run(
            [engine, "version", "--format", "{{.Server.Version}}"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_ENGINE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    running = done.stdout.strip() if done and done.returncode == 0 else ""
    if not running:
        return Finding("container engine", Level.WARNING, f"{engine} has no running engine: start it; {use}.")
    return Finding("container engine", Level.OK, f"{engine}, version {running}.")


def _browser() -> Finding:
    chromium = shutil.which("chromium")
    if chromium is None:
        return Finding(
            "chromium", Level.OK, "None is on PATH: only the dashboard's tests need it, and are skipped."
        )
    return Finding("chromium", Level.OK, f"{chromium}.")


def holders(ports: Iterable[int]) -> dict[int, str]:
    """Which process listens on each port, as far as the system tells this user."""
    wanted = set(ports)
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:  # macOS tells only the administrator
        return {}
    found = {}
    for one in connections:
        if one.status != psutil.CONN_LISTEN or not one.laddr or one.laddr.port not in wanted or not one.pid:
            continue
        try:
            found[one.laddr.port] = f"{psutil.Process(one.pid).name()} (process {one.pid})"
        except psutil.Error:
            continue  # it has ended
    return found
