"""`python -m covid_cli.stack.fetch FOLDER GROUP…`: put groups of pinned jars into a folder, for an image."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack import jars, pins


def main(arguments: list[str]) -> int:
    """Fetch what is missing. Exit codes: 0 all there, 1 a download failed, 2 wrong usage."""
    if len(arguments) < 2 or not set(arguments[1:]) <= set(pins.GROUPS):
        print(f"usage: fetch FOLDER GROUP…, groups: {', '.join(pins.GROUPS)}", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    wanted = [jar for group in arguments[1:] for jar in pins.pinned(group)]
    # Groups share jars; the same name is the same file.
    missing = {jar.name: (folder, jar) for jar in jars.missing(folder, wanted)}
    try:
        jars.fetch(
            os.environ.get("COVID_MAVEN_REPO") or pins.MAVEN_CENTRAL,
            list(missing.values()),
            lambda size: None,
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
