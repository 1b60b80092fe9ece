"""Query parameters that are not known are refused: a misspelt one would silently ask for something else."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request

from covid_api.problems import Problem

_SHOWN: Final = 10
_NAMES: Final = "known_parameters"


async def known(request: Request) -> None:
    """Raise 422 for a parameter that the OpenAPI document does not name. Pages, which it leaves out, may have
    any: those are the dashboard's own."""
    if not request.query_params:
        return
    path = getattr(request.scope.get("route"), "path", None)
    names = _documented(request.app).get((str(path), request.method))
    if names is None:
        return
    unknown = sorted(set(request.query_params) - names)
    if unknown:
        there = f"there are {', '.join(sorted(names))}" if names else "none is taken here"
        errors = [{"parameter": name[:40], "detail": "no such parameter"} for name in unknown[:_SHOWN]]
        shown = ", ".join(repr(error["parameter"]) for error in errors)
        raise Problem(422, f"no parameter {shown}; {there}", code="invalid-parameter", errors=errors)


def _documented(app: FastAPI) -> dict[tuple[str, str], frozenset[str]]:
    """Names by path and method."""
    found: dict[tuple[str, str], frozenset[str]] | None = getattr(app.state, _NAMES, None)
    if found is None:
        found = {
            (path, method.upper()): frozenset(
                parameter["name"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            )
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
        }
        setattr(app.state, _NAMES, found)
    return found
