"""What of `cloud/` a command needs: it stands in the repository, not in the package."""

from __future__ import annotations

from pathlib import Path

from covid_cli.errors import UserError


def cloud(name: str) -> Path:
    """`cloud/NAME` of the checkout that this runs from. Raises `UserError` where it is none."""
    for parent in Path(__file__).resolve().parents:
        if (found := parent / "cloud" / name).exists():
            return found
    raise UserError(f"cloud/{name} is not there: start this from a checkout, after `make setup`.")
