"""What is imported into the relational store lies in the bucket, and never in memory as a whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from covid_batch.sqlserver.importing import import_rows
from covid_batch.sqlserver.tables import SCHEMAS, from_csv, to_csv
from covid_batch.stores import rows
from covid_batch.stores.bucket import Bucket


class Folder:
    """A bucket of files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def upload(self, key: str, body: IO[bytes]) -> None:
        place = self.path / key
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            while part := body.read(1_000):
                file.write(part)
        body.close()  # as boto3 may

    def download(self, key: str, into: IO[bytes]) -> None:
        into.write((self.path / key).read_bytes())

    def rename(self, source: str, target: str) -> None:
        (self.path / source).rename(self.path / target)

    def delete(self, key: str) -> None:
        (self.path / key).unlink(missing_ok=True)


class Store:
    """What was imported."""

    def __init__(self) -> None:
        self.held: dict[str, list[Sequence[Any]]] = {}

    def replace(self, bodies: Mapping[str, IO[bytes]]) -> None:
        self.held = {table: list(from_csv(table, body)) for table, body in bodies.items()}

    def ask(self, query: str) -> Any:
        raise NotImplementedError


def named(count: int) -> pa.Table:
    lines = [{"code": f"CA-{n:07}", "kind": "province", "name": f'"{n}", Québec\n'} for n in range(count)]
    return pa.Table.from_pylist(lines, schema=rows.REGIONS)


def test_what_is_imported_is_what_lies_in_the_bucket(tmp_path: Path) -> None:
    store = Store()
    metrics = pa.Table.from_pylist(
        [{"source": "phac", "region": "CA-0000001", "confirmed": 1, "rt": 0.5, "deleted": False}],
        schema=rows.METRICS,
    )
    import_rows(metrics, named(3), cast(Bucket, Folder(tmp_path)), store)
    assert [line[:4] for line in store.held["batch_regions"]] == [
        (f"CA-{n:07}", "province", None, f'"{n}", Québec\n') for n in range(3)
    ]
    (row,) = store.held["batch_metrics"]
    found = dict(zip(SCHEMAS["batch_metrics"].names, row, strict=True))
    assert {name: value for name, value in found.items() if value is not None} == {
        "source": "phac", "region": "CA-0000001", "confirmed": 1, "rt": 0.5, "deleted": 0,
    }  # fmt: skip
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["batch_metrics.csv", "batch_regions.csv"]


def test_a_table_is_not_python_objects_as_a_whole(tmp_path: Path) -> None:
    count = 60_000
    table = named(count)
    with (tmp_path / "regions.csv").open("w+b") as file:
        tracemalloc.start()
        try:
            to_csv(table, file)
            file.seek(0)
            assert sum(1 for _ in from_csv("batch_regions", file)) == count
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000
