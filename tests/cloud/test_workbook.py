"""cloud/tableau/covid.twb: the connector, fields of Hive's tables, and a dashboard that holds together."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from covid_batch.stores.rows import REGIONS
from covid_core.rows import COLUMNS, ColumnType

WORKBOOK = Path(__file__).parents[2] / "cloud" / "tableau" / "covid.twb"
TYPES = {
    ColumnType.STRING: "string",
    ColumnType.DATE: "date",
    ColumnType.INT64: "integer",
    ColumnType.FLOAT64: "real",
    ColumnType.BOOL: "boolean",
}
FIELD = re.compile(r"\[federated\.covid\]\.\[([^\]]+)\]")
GENERATED = {
    "Latitude (generated)",
    "Longitude (generated)",
    "Geometry (generated)",
    ":Measure Names",
    "Multiple Values",
}
SHEETS = ("Map", "Trend", "Table")


@pytest.fixture(scope="module")
def workbook() -> Tree.Element:
    return Tree.parse(WORKBOOK).getroot()


def test_it_reads_the_thrift_server_by_tableaus_connector_for_emr(workbook: Tree.Element) -> None:
    (connection,) = workbook.findall(".//named-connection/connection")
    assert connection.get("class") == "awshadoophive"  # Amazon EMR Hadoop Hive
    assert (connection.get("port"), connection.get("schema")) == ("10000", "covid")
    assert connection.get("password") is None
    tables = {one.get("table") for one in workbook.findall(".//relation[@type='table']")}
    assert tables == {"[covid].[batch_metrics_live]", "[covid].[batch_regions]"}


def test_its_columns_are_those_of_the_tables(workbook: Tree.Element) -> None:
    known = {
        "batch_metrics_live": {column.name: TYPES[column.type] for column in COLUMNS},
        "batch_regions": {field.name: "string" for field in REGIONS},
    }
    records = workbook.findall(".//metadata-record")
    for record in records:
        table = (record.findtext("parent-name") or "").strip("[]")
        assert known[table][record.findtext("remote-name") or ""] == record.findtext("local-type")
    described = {one.findtext("local-name"): one.findtext("local-type") for one in records}
    columns = workbook.findall("./datasources/datasource/column")
    assert {one.get("name"): one.get("datatype") for one in columns} == described
    roles = {one.get("name"): one.get("semantic-role") for one in columns}
    assert roles["[name]"] == "[State].[Name]"


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_declares_every_field_that_it_uses(workbook: Tree.Element, name: str) -> None:
    sheet = workbook.find(f"./worksheets/worksheet[@name='{name}']")
    assert sheet is not None
    columns = {one.get("name") for one in workbook.findall("./datasources/datasource/column")}
    declared = {one.get("name", "").strip("[]") for one in sheet.iter("column-instance")}
    assert {one.get("column") for one in sheet.iter("column-instance")} <= columns
    used = set(FIELD.findall(Tree.tostring(sheet, encoding="unicode")))
    assert used - GENERATED == declared
    assert any(one.get("class") == "categorical" for one in sheet.iter("filter"))


def test_the_dashboard_shows_map_trend_table_and_filters_for_all(workbook: Tree.Element) -> None:
    zones = workbook.findall(".//dashboard//zone")
    assert [one.get("name") for one in zones if one.get("name") and not one.get("type-v2")] == list(SHEETS)
    filtered = [FIELD.findall(one.get("param", ""))[0] for one in zones if one.get("type-v2") == "filter"]
    assert filtered == ["none:source:nk", "none:name:nk", "none:date:qk"]
    for field in filtered:
        # One control for every sheet: filters of one group.
        filters = [one for one in workbook.iter("filter") if field in one.get("column", "")]
        assert len(filters) == len(SHEETS)
        assert len({one.get("filter-group") for one in filters}) == 1
        assert filters[0].get("filter-group")
    assert all(0 <= int(one.get("x", "")) + int(one.get("w", "")) <= 100_000 for one in zones)
    windows = {one.get("name") for one in workbook.findall("./windows/window")}
    assert windows == {"COVID-19 in Canada", *SHEETS}
