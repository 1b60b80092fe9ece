"""What can go wrong, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

_PREFIX: Final = "urn:covid-tracker:problem:"


class CovidError(Exception):
    """Anything that this package raises by itself."""


class Unreachable(CovidError):
    """Nothing that speaks for the API answered: no connection, one that broke off, or another server."""


class Problem(CovidError):
    """An answer that is an error: an RFC 9457 problem document, or what stands in for it."""

    def __init__(self, status: int, code: str | None, detail: str, members: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.status = status
        """The HTTP status, e.g. 422."""
        self.code = code
        """Short and stable, for programs, e.g. `unknown-region`; None where the status says it all."""
        self.detail = detail
        """A sentence for people."""
        self.members = members
        """The document's further members, e.g. `errors`: one an invalid record or parameter."""


def problem_of(answer: httpx.Response) -> Problem:
    """The problem that an answer, read to its end, tells. A proxy's page, say, is told by its status."""
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("detail"), str):
        said = f"{answer.url} answered {answer.status_code} {answer.reason_phrase}"
        return Problem(answer.status_code, None, said, {})
    kind = str(document.get("type"))
    code = kind.removeprefix(_PREFIX) if kind.startswith(_PREFIX) else None
    known = ("type", "title", "status", "detail")
    members = {name: value for name, value in document.items() if name not in known}
    return Problem(answer.status_code, code, document["detail"], members)
