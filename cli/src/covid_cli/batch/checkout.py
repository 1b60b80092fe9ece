"""What of the repository a command needs that is in no package."""

from __future__ import annotations

from pathlib import Path

from covid_cli.errors import UserError


def cloud(name: str) -> Path:
    """`cloud/NAME` of the checkout that this runs from. Raises `UserError` where it is none."""
    return place(f"cloud/{name}")


def place(name: str) -> Path:
    """A file or folder of that checkout, named from its root. Raises `UserError` where it is none."""
    for parent in Path(__file__).resolve().parents:
        if (found := parent / name).exists():
            return found
    raise UserError(f"{name} is not there: start this from a checkout, after `make setup`.")
