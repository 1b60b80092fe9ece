"""JSON schemas of the answers: closed, so that an answer with a member that is not documented is a fault."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from covid_api import alerts, comparison, ledger, nowcasting, table_schema
from covid_api.past import CARRIED
from covid_core import topics
from covid_core.catalog.entries import Measure, Named
from covid_core.keys import Scope
from covid_core.records import FIELDS, Record
from covid_core.rows import COLUMNS, Column, ColumnType
from covid_core.verified import Verdict

Schema = dict[str, Any]

STRING: Final[Schema] = {"type": "string"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
TRUTH: Final[Schema] = {"type": "boolean"}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def items(schema: Schema, **limits: int) -> Schema:
    """A list."""
    return {"type": "array", "items": schema, **limits}


def members(optional: Schema | None = None, /, **required: Schema) -> Schema:
    """An object of these members and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


_JSON_TYPES: Final = {
    ColumnType.STRING: {"type": "string"},
    ColumnType.DATE: {"type": "string", "format": "date"},
    ColumnType.INT64: {"type": "integer"},
    ColumnType.FLOAT64: {"type": "number"},
    ColumnType.BOOL: {"type": "boolean"},
}


def _column(column: Column) -> Schema:
    plain: Schema = dict(_JSON_TYPES[column.type])
    unit = f" ({column.unit})" if column.unit else ""
    return {**(nullable(plain) if column.nullable else plain), "description": column.description + unit}


_COLUMNS: Final = {column.name: _column(column) for column in COLUMNS if column.name != "deleted"}
_KEY: Final = ("source", "region", "date")
_OF_A_MOMENT: Final = {CARRIED.name: _column(CARRIED)}

ROW: Final[Schema] = {
    "type": "object",
    "required": list(_KEY),
    "properties": _COLUMNS | _OF_A_MOMENT,
    "additionalProperties": False,
}
"""A row of `/v1/metrics`: the key, and the columns asked for."""

PAGE: Final = members(
    data=items(ROW), next={**nullable(STRING), "description": "cursor of the following page"}
)

CORRECTION: Final = members(**{column.name: _column(column) for column in ledger.COLUMNS})
CORRECTIONS: Final = members(data=items(CORRECTION), next={"type": "null"})

ALERT: Final = members(**{column.name: _column(column) for column in alerts.COLUMNS})
ALERTS: Final = members(data=items(ALERT), next={"type": "null"})

DISAGREEMENT: Final = members(**{column.name: _column(column) for column in comparison.COLUMNS})
DISAGREEMENTS: Final = members(data=items(DISAGREEMENT), next={"type": "null"})

NOWCAST: Final = members(**{column.name: _column(column) for column in nowcasting.COLUMNS})
NOWCASTS: Final = members(data=items(NOWCAST), next={"type": "null"})

EXPLANATION: Final = members(
    id=STRING,
    metric=STRING,
    title=STRING,
    unit=STRING,
    formula=STRING,
    reference=STRING,
    value=nullable({"type": "number"}),
    arithmetic={**nullable(STRING), "description": "the formula with its numbers"},
    reason={**nullable(STRING), "description": "why there is no value"},
    population=nullable({"type": "integer"}),
    inputs=items(
        members(
            id=STRING,
            field=STRING,
            value=nullable({"type": "integer"}),
            status=nullable(STRING),
            source=nullable(STRING),
            revision=nullable({"type": "integer"}),
            lineage={**items(COUNT), "description": "log offsets in the region's partition"},
        )
    ),
)

STATE: Final = members(_COLUMNS, id=STRING, **{name: _COLUMNS[name] for name in _KEY})
"""One record as it stands, with all columns."""

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": STRING,
        "status": {"type": "integer"},
        "detail": STRING,
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}

_PLACE: Final[dict[str, Schema]] = {"topic": {"const": topics.RECORDS}, "partition": COUNT, "offset": COUNT}
_STATE_OR_NULL: Final[Schema] = {"anyOf": [STATE, {"type": "null"}]}

_ENTRY: Final = members(
    {"applied": nullable(TRUTH), "reason": STRING, "record": _STATE_OR_NULL}, id=STRING, **_PLACE
)

WRITTEN: Final[Schema] = {"oneOf": [_ENTRY, members(records=items(_ENTRY, minItems=1))]}
"""One record, or a list of them, as it was posted."""

UNCONFIRMED: Final = members(id=STRING, confirmed={"const": False}, **_PLACE)
DELETED: Final = members(id=STRING, deleted={"const": True}, confirmed={"const": True}, **_PLACE)
WITHDRAWN: Final = members(
    id=STRING, withdrawn={"const": True}, confirmed={"const": True}, record=_STATE_OR_NULL, **_PLACE
)


def _record() -> Schema:
    _, components = msgspec.json.schema_components([Record], ref_template="#/components/schemas/{name}")
    schema: Schema = components["Record"]
    status = {"type": "object", "additionalProperties": components["Status"]}
    return {
        **schema,
        "properties": schema["properties"] | {"status": status},
        "additionalProperties": False,
    }


RECORD: Final = _record()
"""A record as it stands in the log."""

GIVEN: Final[Schema] = {
    **RECORD,
    # `correction` is the service's own to set.
    "properties": {name: value for name, value in RECORD["properties"].items() if name != "correction"},
}
"""A record as it is posted."""

_ARRIVAL: Final = {
    "at": TIME,
    "partition": COUNT,
    "offset": COUNT,
    "actor": nullable(STRING),
    "file": nullable(STRING),
}
_KIND: Final[Schema] = {"enum": ["report", "correction", "deletion", "withdrawal"]}

_TOLD: Final = {**_ARRIVAL, "kind": _KIND, "request_id": nullable(STRING), "origin": nullable(STRING)}
"""What stands beside each thing that was said of a record."""


def _all_of_a_record(entry: Schema) -> Schema:
    return members(id=STRING, complete=TRUTH, from_offset=COUNT, data=items(entry))


HISTORY: Final = _all_of_a_record(members(**_TOLD, record=RECORD))

REVISIONS: Final = _all_of_a_record(
    members(
        **_TOLD,
        reported_at=TIME,
        values={
            "type": "object",
            "properties": {name: RECORD["properties"][name] for name in (*FIELDS, "status")},
            "additionalProperties": False,
        },
    )
)

PIPELINE: Final = members(
    at=TIME,
    records=members(
        total=COUNT,
        last_minute=COUNT,
        per_second={"type": "number"},
        slice_seconds=COUNT,
        slices=items(COUNT),
        newest=items(
            members(
                {"reason": STRING},
                **_ARRIVAL,
                id=nullable(STRING),
                kind={"enum": [*_KIND["enum"], "refused"]},
            )
        ),
    ),
    readers=items(
        members(group=STRING, store=nullable(STRING), topic=STRING, committed=COUNT, end=COUNT, lag=COUNT)
    ),
    dead_letters=items(
        members(
            topic=STRING,
            messages=COUNT,
            newest=items(members(at=TIME, code=STRING, reason=STRING, origin=nullable(STRING))),
        )
    ),
    verified=items(
        members(
            store=STRING,
            verdict={"enum": [each.value for each in Verdict]},
            at=TIME,
            records=COUNT,
            rows=COUNT,
            differences=COUNT,
            refused=COUNT,
            seconds={"type": "number"},
        )
    ),
)

SOURCES: Final = members(
    data=items(
        members(
            source=STRING,
            name=nullable(STRING),
            name_fr=nullable(STRING),
            title=nullable(STRING),
            title_fr=nullable(STRING),
            regions=items(STRING),
        )
    )
)

REGIONS: Final = members(
    data=items(
        members(
            region=STRING,
            name=STRING,
            name_fr=nullable(STRING),
            kind=STRING,
            country=STRING,
            population=nullable(COUNT),
            sources=items(STRING),
        )
    )
)


def _measures() -> Schema:
    reference = "#/components/schemas/{name}"
    wanted = [Measure, Named]
    _, components = msgspec.json.schema_components(wanted, ref_template=reference)
    resolved = {name: _without_references(schema, components) for name, schema in components.items()}
    named = items(resolved["Named"])
    return members(data=items(resolved["Measure"]), statuses=named, rt_notes=named, per=COUNT)


def _without_references(schema: Any, components: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _without_references(components[schema["$ref"].rpartition("/")[2]], components)
        return {name: _without_references(value, components) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_without_references(value, components) for value in schema]
    return schema


MEASURES: Final = _measures()

_ADDRESS: Final[Schema] = {"type": "string", "format": "uri"}

DATAPACKAGE: Final = members(
    **{"$schema": _ADDRESS},
    name=STRING,
    title=STRING,
    description=STRING,
    version=STRING,
    created=TIME,
    resources=items(
        members(
            {
                "sources": items(members(title=STRING, path=_ADDRESS), minItems=1),
                "licenses": items(members(name=STRING, title=STRING, path=_ADDRESS), minItems=1),
            },
            **{"$schema": _ADDRESS},
            name=STRING,
            type={"const": "table"},
            path={**_ADDRESS, "description": "where the table is"},
            title=STRING,
            description=STRING,
            format={"const": "csv"},
            mediatype={"const": "text/csv"},
            encoding={"const": "utf-8"},
            schema=members(
                fields=items(
                    members(
                        {
                            "title": STRING,
                            "unit": STRING,
                            "formula": STRING,
                            "constraints": members(
                                {
                                    "required": TRUTH,
                                    "minimum": {"type": "number"},
                                    "pattern": STRING,
                                    "enum": items(STRING),
                                }
                            ),
                        },
                        name=STRING,
                        type={"enum": list(table_schema.TYPES.values())},
                        description=STRING,
                    )
                ),
                primaryKey=items(STRING),
                missingValues=items(STRING),
            ),
        ),
        minItems=1,
    ),
)

KEYS: Final = members(
    data=items(
        members(
            id=STRING,
            name=STRING,
            scope={"enum": [scope.value for scope in Scope]},
            created=nullable(TIME),
            revoked=nullable(TIME),
        )
    )
)

ALIVE: Final = members(status={"const": "ok"})
READY: Final = members(status={"const": "ready"}, checks=members(kafka=STRING, dynamodb=STRING))
