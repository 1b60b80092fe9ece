"""Reads the lake's table `metrics` through PyIceberg."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    LessThanOrEqual,
    Reference,
)

from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA
from covid_cli.verify.stores import Span
from covid_core.lake import METRICS
from covid_core.settings import IcebergSettings, S3Settings


class IcebergReader:
    """Reads the current snapshot. Raises `SettingsError` when the catalog has no address."""

    def __init__(self, iceberg: IcebergSettings, s3: S3Settings) -> None:
        self._properties = iceberg.properties(s3)
        self._namespace = iceberg.namespace

    def read(self, spans: Sequence[Span] | None, tell: Callable[[int], None]) -> pa.Table:
        """See `Reader`. With spans: all rows of their regions between the first and last day."""
        catalog = load_catalog("covid", **self._properties, init_catalog_tables="false")
        try:
            table = catalog.load_table((self._namespace, METRICS))
            names = tuple(column.name for column in COMPARED)
            found = table.scan(row_filter=_filter(spans), selected_fields=names).to_arrow().select(names)
            tell(found.num_rows)
            found = found.cast(EXPECTED_SCHEMA)
            deleted = found.schema.get_field_index("deleted")
            return found.set_column(deleted, "deleted", pc.fill_null(found["deleted"], False))
        finally:
            engine = getattr(catalog, "engine", None)
            if engine is not None:
                engine.dispose()


def _filter(spans: Sequence[Span] | None) -> BooleanExpression:
    if spans is None:
        return AlwaysTrue()
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    region, date = Reference("region"), Reference("date")
    return And(
        In(region, {span.region for span in spans}),  # type: ignore[call-arg,arg-type]  # pydantic's plugin
        And(
            GreaterThanOrEqual(date, first.isoformat()),  # type: ignore[call-arg,arg-type]
            LessThanOrEqual(date, last.isoformat()),  # type: ignore[call-arg,arg-type]
        ),
    )
