"""The names that `awsglue` looks up in Spark's Java: Glue's own stand here, everything else is Spark's."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

from pyspark.sql import SparkSession

from covid_cli.batch.glue.runtime.bookmarks import Bookmarks
from covid_cli.batch.glue.runtime.frames import Sink, Wrapped
from covid_cli.batch.glue.runtime.source import Source


class Over:
    """Attributes of its own before those of another object."""

    def __init__(self, under: Any, **own: Any) -> None:
        self.__dict__.update(own, _under=under)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)


class Context:
    """Glue's context in Java: sources by the catalog, and sinks."""

    def __init__(self, spark: SparkSession, glue: Any, s3: Any, bookmarks: Bookmarks) -> None:
        self._spark, self._glue, self._s3, self._bookmarks = spark, glue, s3, bookmarks

    def getCatalogSource(self, database: str, table: str, folder: str, context: str, *_: Any) -> Source:
        """The lines of a table."""
        return Source(self._spark, self._glue, self._s3, self._bookmarks, database, table, context)

    def getSink(self, kind: str, options: dict[str, Any], context: str) -> Sink:
        """A folder of Parquet files."""
        if kind != "parquet":
            raise NotImplementedError(f"there is no sink for {kind} here, only for parquet")
        return Sink(self._spark, options["path"])


def over(under: Any, spark: SparkSession, glue: Any, s3: Any) -> Over:
    """Spark's Java (`SparkContext._jvm`) with Glue's classes. `glue`, `s3`: boto3's clients."""
    bookmarks = Bookmarks(glue)
    context = Context(spark, glue, s3, bookmarks)
    tuples = {f"Tuple{size}": SimpleNamespace(apply=lambda *values: values) for size in (2, 3, 4)}
    return Over(
        under,
        GlueContext=lambda *_: context,
        GlueLogger=lambda: SimpleNamespace(info=_log, warn=_log, error=_log),
        Job=SimpleNamespace(init=bookmarks.init, commit=bookmarks.commit, isInitialized=lambda: True),
        JsonOptions=json.loads,
        CallSite=lambda *_: None,
        DynamicFrame=SimpleNamespace(apply=lambda jdf, _: Wrapped(jdf)),
        MappingSpec=SimpleNamespace(apply=lambda mapping: mapping),
        ResolveSpec=SimpleNamespace(apply=lambda *spec: spec),
        GluePythonUtils=SimpleNamespace(
            constructOption=lambda value: value, constructChoiceOption=lambda choice: choice
        ),
        PythonUtils=Over(under.PythonUtils, toSeq=lambda some: _sequence(under, some)),
        scala=Over(under.scala, **tuples),
    )


def _sequence(under: Any, some: Any) -> Any:
    """Spark asks for Scala's sequences of Java's objects; Glue's Python for those of the mappings above."""
    ours = isinstance(some, list) and all(isinstance(one, tuple) for one in some)
    return some if ours else under.PythonUtils.toSeq(some)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
