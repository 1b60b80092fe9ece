"""A notebook in Databricks' source format, and what stands in for its functions that render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from covid_batch.databricks.source import Cell, NotANotebook, cells
from covid_batch.databricks.standins import MOST_ROWS, Exit, Pages, Utilities

NOTEBOOK = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # A title

# COMMAND ----------

x = 1
# a comment

# COMMAND ----------

# MAGIC %sql SELECT *
# MAGIC FROM t

# COMMAND ----------

"""


def test_cells_have_languages() -> None:
    assert cells(NOTEBOOK) == [
        Cell(1, "md", "# A title"),
        Cell(2, "python", "x = 1\n# a comment"),
        Cell(3, "sql", "SELECT *\nFROM t"),
    ]


def test_what_is_no_notebook() -> None:
    with pytest.raises(NotANotebook, match="export the notebook as a source file"):
        cells("x = 1\n")
    with pytest.raises(NotANotebook, match="cell 1 is %scala"):
        cells("# Databricks notebook source\n# MAGIC %scala\n# MAGIC val x = 1\n")


class Rows:
    """What `display` asks of a data frame."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.columns = ["region", "share"]
        self._rows = rows

    def limit(self, most: int) -> Rows:
        return Rows(self._rows[:most])

    def collect(self) -> list[tuple[Any, ...]]:
        return self._rows


def test_pages_are_named_by_their_cell_and_escape_what_they_show(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    pages.cell = 3
    pages.display(Rows([("<CA>", 1234567), ("CA-ON", 0.25), ("CA-QC", None)]))  # type: ignore[arg-type]
    pages.display(Rows([("CA", 1)] * (MOST_ROWS + 1)))  # type: ignore[arg-type]
    pages.display_html("<b>bold</b>")
    assert [path.name for path in pages.written] == [
        "03-display.html",
        "03-display-2.html",
        "03-displayHTML.html",
    ]
    first, second, third = (path.read_text(encoding="utf-8") for path in pages.written)
    assert "<td>&lt;CA&gt;</td>" in first
    assert '<td class="number">1,234,567</td>' in first
    assert "<td>null</td>" in first
    assert second.count("<tr>") == 1 + MOST_ROWS
    assert "The first 1,000 rows." in second
    assert "<b>bold</b>" in third


def test_widgets_have_the_runs_values_before_their_defaults() -> None:
    utilities = Utilities({"region": "CA-QC"})
    utilities.widgets.text("region", "CA-ON", "The region")
    utilities.widgets.text("countries", "CA")
    assert (utilities.widgets.get("region"), utilities.widgets.get("countries")) == ("CA-QC", "CA")
    with pytest.raises(Exit) as end:
        utilities.notebook.exit("done")
    assert end.value.text == "done"
