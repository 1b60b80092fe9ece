"""A job on a relational store, run as a process with the settings of a stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covid_cli.errors import UserError
from covid_cli.home import known


def settings(home: Path | None, variable: str) -> dict[str, str]:
    """The environment where it has the variable and no home is given, else that of the stack of the home.

    Raises `UserError` where no stack has ever been.
    """
    if home is None and os.environ.get(variable):
        return dict(os.environ)
    return {**os.environ, **known(home)[1].environment}


def run(module: str, environ: Mapping[str, str], *arguments: str) -> Any:
    """What the job says that it did. Raises `UserError` where it did nothing; its own words are on stderr."""
    done = subprocess.run(
        (sys.executable, "-m", module, *arguments), stdout=subprocess.PIPE, env=environ, check=False
    )
    if done.returncode:
        raise UserError(f"{module} {arguments[0]} ended with exit code {done.returncode}; see above.")
    return json.loads(done.stdout)
