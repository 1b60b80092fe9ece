"""Reads the lake's table `metrics` through PyIceberg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
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
from covid_core.settings import IcebergSettings, S3Settings, SettingsError

TABLE: Final = "metrics"


class IcebergReader:
    """Reads the current snapshot. Raises `SettingsError` when the catalog has no address."""

    def __init__(self, iceberg: IcebergSettings, s3: S3Settings) -> None:
        if iceberg.catalog == "sql" and iceberg.uri is None:
            raise SettingsError("COVID_ICEBERG_URI is missing")
        self._iceberg = iceberg
        self._s3 = s3

    def read(self, spans: Sequence[Span] | None, tell: Callable[[int], None]) -> pa.Table:
        """See `Reader`. With spans: all rows of their regions between the first and last day."""
        catalog = self._catalog()
        try:
            table = catalog.load_table((self._iceberg.namespace, TABLE))
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

    def _catalog(self) -> Catalog:
        s3 = self._s3
        properties = {
            "warehouse": f"s3://{s3.bucket}/iceberg",
            "s3.endpoint": s3.endpoint,
            "s3.access-key-id": s3.access_key,
            "s3.secret-access-key": s3.secret_key,
            "s3.region": s3.region,
        }
        if s3.endpoint is not None:
            properties["s3.force-virtual-addressing"] = "false"
        given = {name: value for name, value in properties.items() if value is not None}
        if self._iceberg.catalog == "glue":
            from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415  # only on AWS

            return GlueCatalog("covid", **given, **{"glue.region": s3.region})
        from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415

        return SqlCatalog("covid", uri=str(self._iceberg.uri), init_catalog_tables="false", **given)


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
