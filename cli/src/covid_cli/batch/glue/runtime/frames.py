"""Records whose fields may hold values of more than one type: what a DynamicFrame is a wrapper of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import SparkSession

Value = str | int | float | None

_NAMES: Final[Mapping[type, str]] = {str: "string", int: "long", float: "double"}
_ARROW: Final = {"string": pa.string(), "long": pa.int64(), "double": pa.float64()}
_CAST_STRING: Final = "cast:string"


class Schema:
    """A schema as `awsglue.gluetypes` reads it."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        """`fields`: the types that each has."""
        self._fields = fields

    def toString(self) -> str:
        """As JSON."""
        fields = [
            {"name": name, "container": _container(types), "properties": {}}
            for name, types in self._fields.items()
        ]
        return json.dumps({"dataType": "struct", "fields": fields, "properties": {}})


class Frame:
    """Columns of values."""

    def __init__(self, spark: SparkSession, columns: Mapping[str, Sequence[Value]]) -> None:
        self._spark = spark
        self._columns = columns

    def schema(self) -> Schema:
        """The types that the values have; of no records, no fields."""
        if not any(self._columns.values()):
            return Schema({})
        return Schema({name: _types(values) for name, values in self._columns.items()})

    def resolveChoice(self, specs: Any, choice: str | None, *_: Any) -> Frame:
        """Columns of more than one type as texts."""
        if choice != _CAST_STRING or specs:
            raise NotImplementedError(f"resolveChoice has only choice={_CAST_STRING!r} here")
        columns = {
            name: [_text(value) for value in values] if len(_types(values)) > 1 else values
            for name, values in self._columns.items()
        }
        return Frame(self._spark, columns)

    def applyMapping(self, mappings: Sequence[tuple[str, str, str, str]], *_: Any) -> Frame:
        """Columns under other names, in this order."""
        columns = {}
        for source, kind, target, wanted in mappings:
            if kind != wanted or [kind] != list(_types(self._columns[source])):
                raise NotImplementedError(f"applyMapping does not change types here, as of {source}")
            columns[target] = self._columns[source]
        return Frame(self._spark, columns)

    def toDF(self, options: Any) -> Any:
        """As Spark's own, in Java."""
        arrays = {
            name: pa.array(values, _ARROW[_only(name, values)]) for name, values in self._columns.items()
        }
        return self._spark.createDataFrame(pa.table(arrays))._jdf


class Wrapped:
    """A frame made of Spark's own."""

    def __init__(self, jdf: Any) -> None:
        self._jdf = jdf

    def toDF(self, options: Any) -> Any:
        """What it was made of."""
        return self._jdf


class Sink:
    """Writes Parquet to a folder, beside what is there."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._spark, self._path = spark, path

    def pyWriteDynamicFrame(self, frame: Frame | Wrapped, *_: Any) -> Frame:
        """Write; returns the records that could not be written, of which there are none."""
        frame.toDF(None).write().mode("append").parquet(self._path)
        return Frame(self._spark, {})


def _types(values: Sequence[Value]) -> tuple[str, ...]:
    found = {type(value) for value in values if value is not None}
    return tuple(_NAMES[kind] for kind in sorted(found, key=lambda kind: _NAMES[kind])) or ("string",)


def _only(name: str, values: Sequence[Value]) -> str:
    types = _types(values)
    if len(types) > 1:
        raise NotImplementedError(f"{name} is {' or '.join(types)}: toDF takes resolved columns only here")
    return types[0]


def _container(types: Sequence[str]) -> dict[str, Any]:
    if len(types) == 1:
        return {"dataType": types[0], "properties": {}}
    choices = [{"dataType": kind, "properties": {}} for kind in types]
    return {"dataType": "choice", "choices": choices, "properties": {}}


def _text(value: Value) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
