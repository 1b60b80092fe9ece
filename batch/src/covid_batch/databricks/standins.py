"""What a notebook finds on Databricks and nowhere else: `display`, `displayHTML`, and some of `dbutils`.

The two that render write a page each, named by the cell: `07-display.html`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from pyspark.sql import DataFrame

MOST_ROWS: Final = 1_000
"""Databricks shows as many by default, too."""

_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 1.5rem; }}
table {{ border-collapse: collapse; font-size: 0.85rem; }}
th, td {{ border: 1px solid #ccc; padding: 0.2rem 0.5rem; }}
th {{ background: #f0f0f0; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
svg {{ max-width: 100%; height: auto; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Exit(Exception):
    """`dbutils.notebook.exit(text)`: the notebook ends, and hands the text to whoever ran it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Pages:
    """Writes what a notebook shows. `cell` is the number of the one that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell = 0
        self.written: list[Path] = []

    def display(self, frame: DataFrame) -> None:
        """A data frame as a table of its first rows."""
        rows = frame.limit(MOST_ROWS + 1).collect()
        more = f"<p>The first {MOST_ROWS:,} rows.</p>" if len(rows) > MOST_ROWS else ""
        self._write("display", _table(frame.columns, rows[:MOST_ROWS]) + more)

    def display_html(self, content: str) -> None:
        """HTML, as it is."""
        self._write("displayHTML", content)

    def _write(self, kind: str, body: str) -> None:
        name = f"{self.cell:02}-{kind}"
        same = sum(path.name.startswith(name) for path in self.written)
        path = self.folder / f"{name}{f'-{same + 1}' if same else ''}.html"
        path.write_text(_PAGE.format(title=f"Cell {self.cell}", body=body), encoding="utf-8")
        self.written.append(path)


class _Widgets:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def text(self, name: str, default: str, label: str = "") -> None:
        self.values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self.values[name]


class _Notebook:
    def exit(self, text: str) -> NoReturn:
        raise Exit(text)


class Utilities:
    """`dbutils`: parameters of the run, and its end."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.widgets = _Widgets(values)
        self.notebook = _Notebook()


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"<td>{'null' if value is None else html.escape(str(value))}</td>"
    return f'<td class="number">{f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"}</td>'
