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
_HELP = (
    "Debian/Ubuntu and Windows (inside WSL): sudo apt install openjdk-17-jre-headless; "
    "macOS: brew install openjdk@17; or set JAVA_HOME to one you have."
)
_MACOS_FINDER = Path("/usr/libexec/java_home")


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    if _MACOS_FINDER.exists():
        answer = subprocess.run(
            [_MACOS_FINDER, "-v", f"{MINIMUM}+"], check=False, capture_output=True, text=True
        )
        if answer.returncode == 0:
            yield Path(answer.stdout.strip()) / "bin" / "java"


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
    """The first Java of at least `MINIMUM`, JAVA_HOME before PATH. Raises `UserError`."""
    seen = []
    for java in _candidates():
        version = major_version(java)
        if version is not None and version >= MINIMUM:
            return java
        if version is not None:
            seen.append(f"{java} is version {version}")
    found = f" ({', '.join(seen)})" if seen else ""
    raise UserError(f"Java {MINIMUM} or newer is needed and was not found{found}. {_HELP}")
