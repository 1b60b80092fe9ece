"""Commands that are other programs of ours, pointed at the stack of a home."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn


def become(module: str, given: Sequence[str], added: Callable[[], Mapping[str, str]]) -> NoReturn:
    """Let `python -m MODULE GIVEN…` take this process's place, so that signals and its exit code are its own.

    `added`: what its environment gets besides; not asked where the command line asks for help.
    """
    more = {} if {"--help", "-h"} & set(given) else added()
    sys.stdout.flush()
    arguments = [sys.executable, "-m", module, *given]
    os.execve(sys.executable, arguments, {**os.environ, **more})  # noqa: S606
