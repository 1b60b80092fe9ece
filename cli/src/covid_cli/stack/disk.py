"""Room on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from covid_cli.errors import UserError

LEAST_DISK = 1 << 30
"""Bytes without which no stack starts."""


def check(home: Path) -> None:
    """Raise `UserError` when the disk of a home is nearly full."""
    free = shutil.disk_usage(home).free
    if free < LEAST_DISK:
        raise UserError(
            f"The disk of {home} has {free >> 20} MB left and the stack needs {LEAST_DISK >> 20} MB: "
            "free some space, or choose another --home."
        )
