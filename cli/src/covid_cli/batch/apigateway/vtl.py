"""A mapping template of API Gateway, rendered: `$input`, `$context` and `$util` over the Velocity language.

Source: API Gateway Developer Guide, "Variables for data transformations for API Gateway".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import airspeed

# Java's `matches` is about the whole text, airspeed's about its beginning.
airspeed.__additional_methods__[str]["matches"] = lambda text, pattern: bool(re.fullmatch(pattern, text))

_PATH = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


class Rendered(NamedTuple):
    """What a template gives, and the status that it sets instead of the usual one."""

    text: str
    status: int | None


def render(template: str, body: str, parameters: Mapping[str, str], context: Mapping[str, Any]) -> Rendered:
    """Render a template over a JSON body (or none), the request's parameters and `$context`.

    Raises `airspeed.TemplateError` for a template that is not valid.
    """
    override: dict[str, Any] = {}
    names = {"input": _Input(body, parameters), "context": {**context, "responseOverride": override}}
    text = airspeed.Template(template).merge(names)
    return Rendered(text, override.get("status"))


class _Input:
    """`$input`. Of JSONPath only `$` and `$.a.b`."""

    def __init__(self, body: str, parameters: Mapping[str, str]) -> None:
        self._body = json.loads(body) if body else {}
        self._parameters = parameters

    def params(self, name: str) -> str:
        """A parameter of the request, empty where it is not given."""
        return self._parameters.get(name, "")

    def path(self, path: str) -> Any:
        """The value at a path, None where there is none."""
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path} is more of JSONPath than is known here")
        found = self._body
        for name in path.split(".")[1:]:
            found = found.get(name) if isinstance(found, dict) else None
        return found
