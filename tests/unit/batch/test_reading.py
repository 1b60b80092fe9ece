"""A file that changes between being found and being read is told, never left out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from covid_batch.files import Changed, File
from covid_batch.reading import parser, require_met
from covid_batch.troubles import sentence
from covid_core.formats import Kind
from covid_producer import generator


def file(path: str) -> File:
    return File(path, Kind.JHU_SERIES, None, dt.date(2020, 3, 1), "0" * 64, 10)


GROUPS = [(file("file:/a/phi.csv"),), (file("file:/a/confirmed.csv"), file("file:/a/deaths.csv"))]
MET = {0: ["file:/a/phi.csv"], 1: ["file:/a/confirmed.csv", "file:/a/deaths.csv"]}


def test_files_that_were_all_read_are_nothing_to_speak_of() -> None:
    require_met(GROUPS, MET)


@pytest.mark.parametrize(
    ("met", "changed"),
    [
        ({1: MET[1]}, "file:/a/phi.csv"),
        ({**MET, 1: ["file:/a/deaths.csv"]}, "file:/a/confirmed.csv"),
        ({}, "file:/a/phi.csv and 2 more"),
    ],
)
def test_a_file_that_was_not_read_is_named(met: dict[int, list[str]], changed: str) -> None:
    with pytest.raises(Changed) as raised:
        require_met(GROUPS, met)
    assert sentence(raised.value) == f"{changed} changed while it was read: run it again"


def test_two_files_of_one_path_are_two() -> None:
    with pytest.raises(Changed):
        require_met([(file("phi/a.csv"), file("phi/a.csv"))], {0: ["phi/a.csv"]})


@pytest.mark.parametrize("usable", [True, False])
def test_a_group_tells_the_files_that_it_was_parsed_from(tmp_path: Path, usable: bool) -> None:
    path = next(one for one in generator.write(tmp_path) if one.name.startswith("covid19-"))
    content = path.read_bytes() if usable else path.read_bytes()[:40]
    frame = pd.DataFrame({"path": [f"file:{path}"], "content": [content], "kind": [str(Kind.PHAC_DAILY)]})
    made = parser(frozenset({"CA"}), lambda region, date: True)((0,), frame)
    (summary,) = made[made.refused.notna()].itertuples()
    assert json.loads(str(summary.met)) == [f"file:{path}"]
    assert (summary.read is None) != usable
