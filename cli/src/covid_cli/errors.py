"""What the command line tells a person, instead of a traceback."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can act on: one sentence that says what to do. The exit code is 1."""
