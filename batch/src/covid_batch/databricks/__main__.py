"""`python -m covid_batch.databricks run NOTEBOOK`: a notebook on this machine, cell by cell.

What the notebook hands over at its end goes to standard output (JSON, if it is), whatever else it says to
standard error. Exit codes: 0 done, 1 nothing could be done (one sentence says why), 2 the command line is
wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from covid_batch import session
from covid_batch.commandline import failed
from covid_batch.databricks.source import MARKDOWN, SQL, Cell, NotANotebook, cells
from covid_batch.databricks.standins import Exit, Pages, Utilities
from covid_batch.files import NothingToRead
from covid_batch.troubles import sentence


def main(arguments: Sequence[str]) -> int:
    """Run one notebook."""
    options = _parser().parse_args(arguments)
    try:
        parts = cells(options.notebook.read_text(encoding="utf-8"))
        options.pages.mkdir(parents=True, exist_ok=True)
        pages = Pages(options.pages)
        with (
            tempfile.TemporaryDirectory(prefix="covid-databricks-") as warehouse,
            session.opened(options={"spark.sql.warehouse.dir": warehouse}) as spark,
            contextlib.redirect_stdout(sys.stderr),
        ):
            text = run(spark, parts, pages, dict(options.set))
    except (NothingToRead, NotANotebook, PySparkException, Py4JError, OSError) as error:
        return failed(sentence(error))
    for page in pages.written:
        print(f"page: {page}", file=sys.stderr)
    print(text)
    return 0


def run(spark: SparkSession, parts: Sequence[Cell], pages: Pages, values: Mapping[str, str]) -> str:
    """Run the cells in their order; what the notebook hands over. Raises whatever it raises."""
    utilities = Utilities(values)
    names: dict[str, Any] = {
        "spark": spark,
        "dbutils": utilities,
        "display": pages.display,
        "displayHTML": pages.display_html,
    }
    for cell in parts:
        pages.cell = cell.number
        if cell.language == MARKDOWN:
            continue
        if cell.language == SQL:
            # Widgets are parameters there (`:region`); Databricks shows what the last statement gives.
            asked = {
                name: value for name, value in utilities.widgets.values.items() if f":{name}" in cell.text
            }
            pages.display(spark.sql(cell.text, args=asked or None))
            continue
        try:
            exec(compile(cell.text, f"cell {cell.number}", "exec"), names)  # noqa: S102 - what a notebook is
        except Exit as end:
            return end.text
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch.databricks", description="Databricks, here.")
    jobs = parser.add_subparsers(required=True)
    one = jobs.add_parser("run", help="run a notebook's cells")
    one.add_argument("notebook", type=Path, help="a notebook as a source file")
    one.add_argument("--pages", type=Path, required=True, help="folder of what it shows, a page a call")
    one.add_argument("--set", action="append", default=[], type=_pair, help="NAME=VALUE of a widget")
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
