"""A table of the lake in SeaweedFS, read with PyIceberg's own catalogue."""

from __future__ import annotations

import uuid

import pyarrow.fs as pafs
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from covid_core.environment import load
from covid_core.rows import Row
from covid_core.settings import IcebergSettings, S3Settings
from covid_sinks.contract import Sink
from covid_sinks.iceberg.lake import Lake
from covid_sinks.iceberg.metrics import SCHEMA, SPEC, IcebergSink
from tests.contract.suite import Key, Store, by_key, row


class LakeStore(Store):
    def __init__(self, env: dict[str, str]) -> None:
        self.iceberg, self.s3 = load(IcebergSettings, env, str), load(S3Settings, env, str)
        self.name = f"contract_{uuid.uuid4().hex}"

    def lake(self) -> Lake:
        return Lake(self.iceberg, self.s3)

    def sink(self) -> Sink:
        return IcebergSink(self.lake(), self.name)

    def table(self, name: str | None = None) -> Table:
        catalog = SqlCatalog(
            "covid",
            uri=self.iceberg.uri or "",
            **{
                "s3.endpoint": self.s3.endpoint or "",
                "s3.access-key-id": self.s3.access_key or "",
                "s3.secret-access-key": self.s3.secret_key or "",
                "s3.region": self.s3.region,
                "s3.force-virtual-addressing": "false",
            },
        )
        return catalog.load_table((self.iceberg.namespace, name or self.name))

    def rows(self) -> dict[Key, Row]:
        found = self.table().scan().to_arrow().to_pylist()
        assert len(found) == len({(r["source"], r["region"], r["date"]) for r in found})
        return by_key(Row(**values) for values in found)

    def without_column(self, name: str) -> None:
        fields = [field for field in SCHEMA.fields if field.name != name]
        self.lake().table(self.name, Schema(*fields), SPEC)

    def bad_rows(self) -> list[Row]:
        return [row(1, confirmed=2**63, region="CA-PE"), row(1, tests=-(2**70), region="CA-NU")]


def files_of(store: LakeStore) -> list[str]:
    """Every data, manifest and manifest list file that stands under the table's location."""
    files = pafs.S3FileSystem(
        endpoint_override=store.s3.endpoint,
        access_key=store.s3.access_key,
        secret_key=store.s3.secret_key,
        region=store.s3.region,
        force_virtual_addressing=False,
    )
    under = pafs.FileSelector(store.table().location().removeprefix("s3://"), recursive=True)
    return [f.path for f in files.get_file_info(under) if f.is_file and not f.path.endswith(".json")]
