"""The publishers' own files, from parsing to rows, without any server.

On `COVID_DATA_DIR` where it is set, else on generated files.
"""

from __future__ import annotations

import csv
import os
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pytest

from covid_core import regions
from covid_core.formats import Input, Kind, Unrecognised, parse, recognise
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.region_state import Head, advance
from covid_core.replay import Kept
from covid_core.rows import Row
from covid_producer import generator

EXPECTED_SOURCE = {
    "jhu_final": "jhu",
    "phi_daily_asof_2022-06-05": "phac",
    "phi_weekly_asof_2024-09-21": "phac-weekly",
}
JHU_RECOVERED_ENDED = "2021-08-05"

Key = tuple[str, str, str]


class Rows:
    """What a store holds after applying everything that was emitted, newest revision first."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.emitted = 0
        self._chunks: dict[str, Kept] = defaultdict(Kept)
        self._heads: dict[str, Head] = {}
        self._offset = 0

    def feed(self, records: Sequence[Record], batch: int) -> None:
        for start in range(0, len(records), batch):
            by_region: dict[str, list[Logged]] = defaultdict(list)
            for record in records[start : start + batch]:
                by_region[record.region].append(Logged(record, self._offset))
                self._offset += 1
            for region, logged in by_region.items():
                head = self._heads.get(region, Head())
                self._heads[region], rows = advance(region, head, self._chunks[region], logged, 1)
                self.emitted += len(rows)
                for row in rows:
                    self.rows[row.source, row.region, row.date.isoformat()] = row

    def content(self) -> dict[Key, tuple[object, ...]]:
        """What does not depend on the order of the log."""
        return {
            key: (row.deleted, *(getattr(row, name) for name in ROW_CONTENT))
            for key, row in self.rows.items()
        }


ROW_CONTENT = [n for n in Row.__struct_fields__ if n not in {"revision", "generation", "lineage"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("COVID_DATA_DIR")
    if given:
        return Path(given)
    made = tmp_path_factory.mktemp("generated")
    generator.write(made)
    return made


@pytest.fixture(scope="module")
def vintages(folder: Path) -> list[Sequence[Record]]:
    """The records of each file (JHU's three together), in the order of their names."""
    found: list[tuple[Kind, Path]] = []
    for path in sorted(folder.rglob("*.csv")):
        try:
            with path.open("rb") as stream:
                found.append((recognise(Input(path.name, stream)).kind, path))
        except Unrecognised:
            continue
    groups: list[tuple[Kind, list[Path]]] = [(k, [p]) for k, p in found if k is not Kind.JHU_SERIES]
    series = [path for kind, path in found if kind is Kind.JHU_SERIES]
    groups += [(Kind.JHU_SERIES, list(paths)) for _, paths in groupby(series, key=lambda path: path.parent)]
    return [_records(kind, paths) for kind, paths in groups]


def _records(kind: Kind, paths: Iterable[Path]) -> Sequence[Record]:
    streams = [Input(path.name, path.open("rb")) for path in paths]
    try:
        parsed = parse(kind, streams, countries=frozenset({"CA"}))
    finally:
        for source in streams:
            source.stream.close()
    assert list(parsed.refusals) == []
    return parsed.records


@pytest.fixture(scope="module")
def published(vintages: list[Sequence[Record]]) -> Rows:
    rows = Rows()
    for records in vintages:
        rows.feed(records, 10_000)
    return rows


def test_all_expected_counts(folder: Path, published: Rows) -> None:
    if not (folder / "expected.csv").exists():
        pytest.skip("expected.csv comes with the publishers' files, in COVID_DATA_DIR")
    codes = {regions.get(code).name: code for code in ("CA", *regions.PROVINCES)}
    with (folder / "expected.csv").open(encoding="utf-8") as file:
        wanted = list(csv.DictReader(file))
    assert len(wanted) == 266
    for row in wanted:
        found = published.rows[EXPECTED_SOURCE[row["source"]], codes[row["geo"]], row["date"]]
        assert (found.confirmed, found.deaths) == (_count(row["cum_cases"]), _count(row["cum_deaths"])), row
        if row["source"] == "jhu_final" and row["date"] >= JHU_RECOVERED_ENDED and row["cum_recovered"]:
            # The file's zeros are not a count: JHU stopped counting.
            assert (found.recovered, found.recovered_status) == (None, "ended"), row
        else:
            assert found.recovered == _count(row["cum_recovered"]), row


def _count(text: str) -> int | None:
    return int(float(text)) if text else None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_of_the_vintages_gives_the_same_rows(
    vintages: list[Sequence[Record]], published: Rows, seed: int
) -> None:
    rng = random.Random(seed)
    shuffled = list(vintages)
    rng.shuffle(shuffled)
    rows = Rows()
    for records in shuffled:
        rows.feed(records, rng.choice([700, 5_000, 50_000]))
    assert rows.content() == published.content()


def test_publishing_again_emits_nothing(vintages: list[Sequence[Record]]) -> None:
    rows = Rows()
    rows.feed(vintages[-1], 10_000)
    before = rows.emitted
    rows.feed(vintages[-1], 10_000)
    assert rows.emitted == before


def test_a_new_day_costs_the_same_however_long_the_history(vintages: list[Sequence[Record]]) -> None:
    """Chunks read and written for one more day do not grow with the days before, where Rt sees all it can."""
    records = [r for r in max(vintages, key=len) if r.region == "CA-ON"]
    costs = []
    for days in (150, 300):
        chunks = Counting()
        head, _ = advance("CA-ON", Head(), chunks, [Logged(r, i) for i, r in enumerate(records[:days])], 1)
        chunks.touched = 0
        advance("CA-ON", head, chunks, [Logged(records[days], days)], 1)
        costs.append(chunks.touched)
    assert max(costs) <= min(costs) + 1, costs


class Counting(Kept):
    """Chunks that count their reads and writes."""

    def __init__(self) -> None:
        super().__init__()
        self.touched = 0

    def get(self, key: str) -> bytes | None:
        self.touched += 1
        return super().get(key)

    def put(self, key: str, value: bytes) -> None:
        self.touched += 1
        super().put(key, value)
