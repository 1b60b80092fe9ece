"""A broker that refuses the user, as an error that a person is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covid_cli.errors import UserError
from covid_process import login


def require(connection: Mapping[str, Any]) -> None:
    """Raise `UserError` where the broker refuses the user: what follows would wait for it for ever."""
    try:
        login.require(connection)
    except login.LoginRefused as error:
        raise UserError(str(error)) from error
