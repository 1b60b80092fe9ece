"""The HTTP API, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from covid_api.app import described
from reference import markdown

_METHODS: Final = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """The OpenAPI document, as `/openapi.json` answers where reading is open."""
    found: dict[str, Any] = described(keyed=False).openapi()
    return found


def operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and description of each."""
    for path, methods in openapi["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def page() -> str:
    """A heading an operation."""
    openapi = document()
    parts = [
        openapi["info"]["description"],
        "A running service has the same at `/docs`, to try, and as the document at `/openapi.json`, with "
        "the schema of every answer. A parameter that is not listed is refused (422); an error is a "
        "problem document (RFC 9457). Who may do what: [Keys](../security.md#keys). Where reading is "
        "closed (`COVID_API_READS=keyed`), every operation may also answer 401 and 403.",
    ]
    named = openapi["components"]["schemas"]
    for method, path, operation in operations(openapi):
        parts += [f"## {method} {path}", *_operation(operation, named)]
    return markdown.page("The HTTP API", *parts)


def _operation(operation: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[str]:
    yield operation.get("description") or operation["summary"]
    if operation.get("security"):
        yield "Needs a key: `Authorization: Bearer KEY`."
    parameters = [_parameter(parameter, named) for parameter in operation.get("parameters", [])]
    if parameters:
        yield markdown.table(("parameter", "in", "values", "default", "meaning"), parameters)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"The body is `{media}`."
        for name, example in content.get("examples", {}).items():
            yield f"{example.get('summary', name)}:"
            yield markdown.block(_json(example["value"]), "json")
    yield markdown.table(("answer", "meaning", "content"), _answers(operation["responses"]))


def _parameter(parameter: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    schema = parameter["schema"]
    if "$ref" in schema:
        schema = {**named[schema["$ref"].rpartition("/")[2]], **schema}
    default = schema.get("default")
    needed = " (needed)" if parameter.get("required") else ""
    return (
        markdown.code(parameter["name"]) + needed,
        parameter["in"],
        _type(schema),
        "" if default is None else markdown.code(str(default)),
        parameter.get("description") or schema.get("description", ""),
    )


def _type(schema: Mapping[str, Any]) -> str:
    one = next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)
    if "enum" in one:
        return ", ".join(markdown.code(str(value)) for value in one["enum"])
    bounds = [
        f"{sign} {one[name]}"
        for name, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if name in one
    ]
    if one.get("type") == "array":
        return f"list of {_type(one['items'])}"
    return ", ".join([one.get("format") or str(one.get("type", "")), *bounds])


def _answers(responses: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for status, response in sorted(responses.items()):
        media = ", ".join(markdown.code(name) for name in response.get("content", {}))
        yield markdown.code(status), response["description"], media


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
