"""What Glue's crawlers would make of publishers' files, and where these lie for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd
import pytest

from covid_batch.glue.contents import mapping, written
from covid_batch.glue.crawling import crawl
from covid_batch.glue.inference import Column, columns, widest
from covid_batch.glue.layout import CRAWLERS, PARTITIONS, ROOT, is_source, place
from covid_batch.stores.errors import Unusable
from covid_core.formats import Kind
from covid_core.formats.columns import published

HEADER = ["pruid", "prname", "date", "numdeaths", "numtotal", "numtested", "update"]


def sheet(*rows: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()


def types(*rows: Sequence[object]) -> dict[str, str]:
    return {column.name: column.type for column in columns(HEADER, sheet(*rows))}


def test_types_are_the_narrowest_that_hold_every_cell() -> None:
    found = types(
        [35, "Ontario", "2020-03-01", 0, 12, "N/A", ""], [48, "Alberta", "2020-03-02", 1.5, "", 4, ""]
    )
    assert found == {
        "pruid": "bigint",
        "prname": "string",
        "date": "string",
        "numdeaths": "double",
        "numtotal": "bigint",
        "numtested": "string",
        "update": "string",
    }


def test_a_crawler_does_not_look_beyond_a_thousand_records() -> None:
    rows = [[35, "Ontario", "2020-03-01", 0, 0, 0, 1]] * 1_000
    assert types(*rows, [35, "Ontario", "2020-03-02", 0, 0, "-", 1])["numtested"] == "bigint"
    assert types(*rows[1:], [35, "Ontario", "2020-03-02", 0, 0, "-", 1])["numtested"] == "string"


def test_names_are_in_lower_case_there_and_the_publishers_again_after_the_mapping() -> None:
    header = ["Province/State", "Country/Region", "Lat", "Long", "1/22/20"]
    found = columns(header, ",".join(header).encode() + b"\n,Canada,1.5,2.5,3\n")
    assert [column.name for column in found] == [name.lower() for name in header]
    assert mapping(found)[0] == ("province/state", "string", "Province/State", "string")
    assert [published(column.name) for column in found] == header
    assert published("prnamefr") == "prnamefr"


def test_a_type_that_holds_two_files() -> None:
    one = [Column("a", "bigint"), Column("b", "bigint"), Column("c", "double")]
    other = [Column("a", "bigint"), Column("b", "double"), Column("c", "string")]
    assert [column.type for column in widest(one, other)] == ["bigint", "double", "string"]


def test_a_header_is_a_table_and_a_file_a_partition() -> None:
    daily = place(Kind.PHAC_DAILY, HEADER, PurePosixPath("phi/covid19-download 1.csv"))
    assert daily.name.startswith("phac_daily_7_")
    assert is_source(daily.name)
    assert not is_source("batch_glue_rows")
    assert daily.key == (
        f"{ROOT}/phac/{daily.table}/folder=phi/file=covid19-download-1/covid19-download-1.csv"
    )
    assert [part.split("=")[0] for part in daily.key.split("/") if "=" in part] == list(PARTITIONS)
    other = place(Kind.PHAC_DAILY, [*HEADER, "numconf"], PurePosixPath("phi/covid19-download-1.csv"))
    assert other.name != daily.name
    series = place(Kind.JHU_SERIES, ["Lat"], PurePosixPath("jhu/vintages/2020-06-01/a.csv"))
    assert (series.crawler, series.folder) == ("jhu", "jhu-vintages-2020-06-01")
    assert series.crawler in CRAWLERS


def test_files_that_would_be_one_object(tmp_path: Path) -> None:
    content = sheet([35, "Ontario", "2020-03-01", 0, 12, 4, 1])
    for folder in ("a b", "a-b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "covid19.csv").write_bytes(content)

    with pytest.raises(Unusable, match=r"would be one object: rename a file or its folder"):
        crawl([tmp_path], None, None, print)  # type: ignore[arg-type]


def test_nothing_that_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "cut.csv").write_text("pruid,prname,date,numtotal\n")
    with pytest.raises(Unusable, match=r"no usable file .* \(cut.csv, line 1: .*lacks numdeaths"):
        crawl([tmp_path], None, None, print)  # type: ignore[arg-type]
    with pytest.raises(Unusable, match="is not there"):
        crawl([tmp_path / "none"], None, None, print)  # type: ignore[arg-type]


def test_a_file_is_made_of_its_lines_again_in_their_order() -> None:
    lines = pd.DataFrame(
        {
            "path": ["phi/a.csv"] * 2,
            "place of the line": [8_589_934_592, 1],
            "prname": ['a "b", c', "Ontario"],
            "numtotal": [None, "12"],
        }
    )
    made = written(("phi/a.csv",), lines)
    assert list(made.path) == ["phi/a.csv"]
    assert list(made.content) == [b'prname,numtotal\nOntario,12\n"a ""b"", c",\n']
