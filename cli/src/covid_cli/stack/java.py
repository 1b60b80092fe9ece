"""Finding a Java that Kafka, DynamoDB Local and Spark run on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from covid_cli.errors import UserError

MINIMUM = 17
MAXIMUM = 22
"""The last on which Spark's Hadoop can ask who runs it (`Subject.getSubject`): 23 refuses unless it is told
otherwise, 24 always (JEP 486)."""

_HELP = (
    "Debian/Ubuntu and Windows (inside WSL): sudo apt install openjdk-17-jre-headless; "
    "macOS: brew install openjdk@17; or set JAVA_HOME to one you have."
)
_MACOS_FINDER = Path("/usr/libexec/java_home")
_LINUX_FOLDER = Path("/usr/lib/jvm")


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    if _MACOS_FINDER.exists():
        for version in range(MINIMUM, MAXIMUM + 1):
            # Not "17+": that is the newest, which may be too new.
            command = (_MACOS_FINDER, "-v", str(version))
            answer = subprocess.run(command, check=False, capture_output=True, text=True)
            if answer.returncode == 0:
                yield Path(answer.stdout.strip()) / "bin" / "java"
    yield from sorted(_LINUX_FOLDER.glob("*/bin/java"))


def major_version(java: Path) -> int | None:
    """The feature release of an executable, e.g. 17; None when it does not run or tell."""
    try:
        answer = subprocess.run([java, "-version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d+)(?:\.(\d+))?', answer.stderr + answer.stdout)
    if match is None:
        return None
    # Java 8 and older call themselves 1.8.
    return int(match[2] or 1) if match[1] == "1" else int(match[1])


def find_java() -> Path:
    """A Java from `MINIMUM` to `MAXIMUM`: JAVA_HOME, PATH, then others installed. Raises `UserError`."""
    seen = []
    tried: set[Path] = set()
    for java in _candidates():
        if (program := java.resolve()) in tried:
            continue
        tried.add(program)
        version = major_version(java)
        if version is not None and MINIMUM <= version <= MAXIMUM:
            return java
        if version is not None:
            seen.append(f"{java} is version {version}")
    found = f" ({', '.join(seen)})" if seen else ""
    raise UserError(f"Java {MINIMUM} to {MAXIMUM} is needed and was not found{found}. {_HELP}")
