"""Settings: the environment variables, what they mean, and which services read them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Final

import msgspec

from covid_cli.settings import CliSettings
from covid_core import settings
from covid_core.environment import is_secret, variable
from reference import markdown

REPOSITORY: Final = Path(__file__).parents[1]
GROUPS: Final[tuple[type[msgspec.Struct], ...]] = (*settings.ALL, CliSettings)
PACKAGES: Final = {
    "producer": "services/producer",
    "stream": "services/spark-stream",
    "sinks": "services/sinks",
    "alerts": "services/alerts",
    "API": "services/api",
    "batch jobs": "batch",
    "command line": "cli",
}
"""What reads settings, and the folder of its package."""


def variables() -> dict[str, str]:
    """Every variable and its meaning."""
    return {
        variable(group, field.name): _description(field)
        for group in GROUPS
        for field in msgspec.structs.fields(group)
    }


def page() -> str:
    """A heading a group."""
    parts = [
        "Every process takes its settings from the environment, when it starts. An empty variable counts "
        "as absent. A secret may stand in a file instead: `NAME_FILE` is its path. A wrong value ends "
        "the process with a sentence that names the variable.",
    ]
    readers = _readers()
    for group in GROUPS:
        names = sorted(readers[group.__name__], key=list(PACKAGES).index)
        parts += [
            f"## {group.prefix}…",  # type: ignore[attr-defined]
            markdown.docstring(group),
            f"Read by: {', '.join(names)}.",
            markdown.table(("variable", "default", "values", "meaning"), _rows(group)),
        ]
    return markdown.page("Settings", *parts)


def _rows(group: type[msgspec.Struct]) -> list[tuple[str, str, str, str]]:
    return [
        (
            markdown.code(variable(group, field.name)) + (" (secret)" if is_secret(field) else ""),
            "" if field.default is None else markdown.code(str(field.default)),
            _values(field),
            _description(field),
        )
        for field in msgspec.structs.fields(group)
    ]


def _description(field: msgspec.structs.FieldInfo) -> str:
    info: Any = msgspec.inspect.type_info(field.type)
    return str((getattr(info, "extra_json_schema", None) or {}).get("description", ""))


def _values(field: msgspec.structs.FieldInfo) -> str:
    """The type in words, from the JSON schema that msgspec makes of it."""
    schema = msgspec.json.schema(field.type)
    schema = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    if "enum" in schema:
        return ", ".join(markdown.code(str(value)) for value in schema["enum"] if value is not None)
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    bound = "" if least is None else f" {'≥' if 'minimum' in schema else '>'} {least}"
    return {"string": "text", "integer": "integer", "number": "number"}[schema["type"]] + bound


def _readers() -> dict[str, set[str]]:
    """Which packages import each group, by their source."""
    found: dict[str, set[str]] = {group.__name__: set() for group in GROUPS}
    found[CliSettings.__name__].add("command line")
    for reader, folder in PACKAGES.items():
        for path in (REPOSITORY / folder / "src").rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if settings.__name__ not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.ImportFrom) and node.module == settings.__name__:
                    for name in node.names:
                        found.get(name.name, set()).add(reader)
    return found
