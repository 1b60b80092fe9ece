"""The generated files are the publishers' formats, and the same for the same seed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from covid_core import regions
from covid_core.formats import Input, Kind, parse, recognise
from covid_core.records import Record
from covid_producer import generator


def parsed(folder: Path) -> dict[Kind, list[Record]]:
    by_kind: dict[Kind, list[Path]] = {}
    for path in generator.write(folder):
        with path.open("rb") as stream:
            by_kind.setdefault(recognise(Input(path.name, stream)).kind, []).append(path)
    records = {}
    for kind, paths in by_kind.items():
        result = parse(kind, [Input(path.name, path.open("rb")) for path in paths])
        assert result.refusals == []
        records[kind] = list(result.records)
    return records


def test_every_kind_parses_without_a_refusal(tmp_path: Path) -> None:
    records = parsed(tmp_path)
    assert set(records) == {Kind.PHAC_DAILY, Kind.PHAC_WEEKLY, Kind.JHU_SERIES}
    for found in records.values():
        assert {r.region for r in found} == {"CA", *regions.PROVINCES}


def test_it_has_the_publishers_habits(tmp_path: Path) -> None:
    daily = parsed(tmp_path)[Kind.PHAC_DAILY]
    assert {s.value for r in daily for s in r.status.values()} == {"missing", "not_due"}
    canada = [r.confirmed or 0 for r in daily if r.region == "CA"]
    assert max(canada) > 100_000
    ontario = [r.confirmed or 0 for r in daily if r.region == "CA-ON"]
    assert any(b < a for a, b in pairwise(ontario)), "no correction downwards"


def test_one_seed_one_result(tmp_path: Path) -> None:
    first, second, other = (
        [path.read_bytes() for path in generator.write(tmp_path / name, seed)]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != other
