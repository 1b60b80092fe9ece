"""Topics, their messages, and the tables of the stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from covid_core import control, dlq, ledger, messages, records, rows, topics, verified
from covid_core.alerts.alert import Alert
from covid_core.catalog.entries import Text
from covid_core.rows import ColumnType
from covid_sinks.iceberg import archive, metrics
from covid_sinks.sql import postgres, redshift, sqlserver
from reference import markdown

STRUCTS: Final[dict[str, tuple[type[msgspec.Struct], ...]]] = {
    "A record": (records.Record,),
    "A dead letter": (dlq.DeadLetter, dlq.LogOrigin, dlq.FileOrigin, dlq.ItemOrigin),
    "A message of covid.control": (control.Generation, control.Drained, control.Backfill, control.Restored),
    "An entry of covid.files": (ledger.Finished,),
    "An alert of covid.alerts": (Alert, Text),
    "A message of covid.verified": (verified.Verified,),
}
"""Every JSON message but the packed rows, by what it is called."""


def headers() -> dict[str, str]:
    """Name and meaning of each header."""
    documented = markdown.attributes(topics.Header)
    return {
        value: documented[attribute]
        for attribute, value in vars(topics.Header).items()
        if attribute.isupper()
    }


def page() -> str:
    """Topics, then messages, then tables."""
    parts = [
        "## Topics",
        markdown.table(("topic", "partitions", "what it holds", "settings"), map(_topic, topics.TOPICS)),
        "`covid up`, `covid init` and the manifests make them. A region's messages stand in one partition: "
        "murmur2 of the region, modulo the number of partitions, which is Java's default. A record without "
        "a key, or elsewhere, is moved there by the stream.",
        "Who keeps up with what:",
        markdown.table(
            ("consumer group", "topic"), ((f"`{group}`", f"`{topic}`") for group, topic in topics.readers())
        ),
        "### Headers",
        markdown.table(
            ("header", "meaning"), ((f"`{name}`", meaning) for name, meaning in headers().items())
        ),
    ]
    for title, kinds in STRUCTS.items():
        parts.append(f"## {title}")
        for kind in kinds:
            if len(kinds) > 1:
                parts.append(f"### {kind.__name__}")
            parts += [markdown.docstring(kind), markdown.table(("member", "type", "meaning"), members(kind))]
    parts += [
        "## Changed rows",
        f"On `{topics.METRICS}`, at most {messages.MAX_ROWS} rows a message, each an array in the order of "
        "`columns`:",
        markdown.block('{"columns": ["source", "region", …], "rows": [["phac", "CA-ON", …], …]}'),
        "## The table of the stores",
        f"The key is {', '.join(map(markdown.code, rows.KEY))}. A store keeps deleted rows, without counts; "
        "the view `covid_metrics_live` of the SQL stores, the API and every reader of ours hide them. "
        "Formulas: [Counts and metrics](measures.md).",
        markdown.table(("column", "type", "unit", "meaning"), map(_column, rows.COLUMNS)),
        "Each store has them in types of its own:",
        markdown.table(("type", "Iceberg", "PostgreSQL", "Redshift", "SQL Server"), map(_types, ColumnType)),
        "In DynamoDB an item is a row: `pk` is `source#region`, `sk` the date, numbers are N, texts and "
        "dates S. Items with `pk` = `#sources` list every `source#region`.",
        "## The archive",
        "The Iceberg table `records`: every message of `covid.records` once, byte for byte.",
        markdown.table(
            ("column", "type", "meaning"),
            ((f"`{field.name}`", str(field.field_type), field.doc or "") for field in archive.SCHEMA.fields),
        ),
    ]
    return markdown.page("Messages and tables", *parts)


def _topic(topic: topics.Topic) -> tuple[str, str, str, str]:
    settings = ", ".join(f"`{name}={value}`" for name, value in topic.config.items())
    partitions = "`COVID_KAFKA_PARTITIONS`" if topic.partitions is None else str(topic.partitions)
    return f"`{topic.name}`", partitions, topic.holds, settings


def members(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each member of a message."""
    below = markdown.attributes(kind)
    for field in msgspec.structs.fields(kind):
        schema = msgspec.json.schema(field.type)
        components = schema.get("$defs", {})
        described: Any = getattr(msgspec.inspect.type_info(field.type), "extra_json_schema", None) or {}
        needed = " (needed)" if field.required else ""
        meaning = described.get("description") or below.get(field.name, "")
        yield markdown.code(field.encode_name) + needed, _type(schema, components), meaning


def _type(schema: Any, components: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one, components) for one in schema["anyOf"]))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = components[name]
        return _type(found, components) if "enum" in found else name
    if "enum" in schema:
        return ", ".join(markdown.code(str(value)) for value in schema["enum"])
    if schema.get("type") == "object":
        return f"object of {_type(schema['additionalProperties'], components)}"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'], components)}"
    return str(schema.get("format") or schema.get("contentEncoding") or schema["type"])


def _column(column: rows.Column) -> tuple[str, str, str, str]:
    kind = column.type.value + (" or null" if column.nullable else "")
    return markdown.code(column.name), kind, column.unit or "", column.description


def _types(kind: ColumnType) -> tuple[str, ...]:
    stores = (postgres.TYPES, redshift.TYPES, sqlserver.TYPES)
    return (kind.value, str(metrics.TYPES[kind]), *(markdown.code(types[kind]) for types in stores))
