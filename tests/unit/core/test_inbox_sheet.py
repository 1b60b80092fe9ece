"""A CSV file of corrections: what it says, and what of it is refused."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest

from covid_core import inbox_sheet
from covid_core.formats.model import FormatError, Input
from covid_core.records import Record, Status

NOW = dt.datetime(2021, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2021, 1, 2)


def parse(text: str) -> inbox_sheet.Corrections:
    return inbox_sheet.parse(Input("edits.csv", BytesIO(text.encode())), NOW)


def correction(day: dt.date = DAY, **said: object) -> Record:
    said = {"reported_at": NOW, "correction": True} | said
    return Record(source="phac", region="CA-ON", date=day, **said)  # type: ignore[arg-type]


def test_ids_and_counts() -> None:
    found = parse("id,confirmed,deaths\nphac:CA-ON:2021-01-02,5,\nphac:CA-ON:2021-01-03,0,1\n")
    assert found.records == [
        correction(confirmed=5),
        correction(dt.date(2021, 1, 3), confirmed=0, deaths=1),
    ]
    assert not found.refusals


def test_source_region_and_date_with_a_status() -> None:
    found = parse("source,region,date,tests,recovered_status\nphac,CA-ON,2021-01-02,7,ended\n")
    assert found.records == [correction(tests=7, status={"recovered": Status.ENDED})]


def test_a_bad_line_costs_itself_only() -> None:
    found = parse(
        "id,confirmed\n"
        "CA-ON,5\n"
        "phac:CA-ON:2021-01-02,five\n"
        "phac:CA-ON:2021-01-02,5\n"
        "phac:CA-ON:2021-01-02,6\n"
        "phac:CA-XX:2021-01-02,6\n"
        "phac:CA-QC:2021-01-02\n"
        "phac:CA-QC:2021-01-02,\n"
        "phac:CA-QC:2021-01-02,-3\n"
    )
    assert found.records == [correction(confirmed=5)]
    assert [(one.line, one.code) for one in found.refusals] == [
        (2, "bad_id"),
        (3, "bad_count"),
        (5, "repeated"),
        (6, "unknown_region"),
        (7, "wrong_width"),
        (8, "says_nothing"),
        (9, "bad_count"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("id,confirmed\n", "a header and no lines"),
        ("confirmed\n5\n", "neither id nor source, region and date"),
        ("id\nphac:CA-ON:2021-01-02\n", "none of confirmed"),
        ("id,confrmed\nphac:CA-ON:2021-01-02,5\n", "column confrmed: no such column"),
        ("id,source,confirmed\nphac:CA-ON:2021-01-02,phac,5\n", "column source: no such column"),
    ],
)
def test_a_file_that_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        parse(text)
