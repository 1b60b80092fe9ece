"""The quickstart notebook, executed as it stands on the running system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

NOTEBOOK: Final = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
CELL_SECONDS: Final = 120
_ENCRYPTED: Final = Config({"KernelManager": {"transport_encryption": "required"}})


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_it_is_kept_without_outputs() -> None:
    for cell in read().cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_every_cell_does_what_it_says(system: System, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVID_")}
    notebook = read()
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", config=_ENCRYPTED)
    client.execute(cwd=str(tmp_path), env={**environ, "COVID_HOME": str(system.home)})
    _, query, plot, live, history, undone, lake, duck = (
        cell.outputs for cell in notebook.cells if cell.cell_type == "code"
    )
    assert "avg7_confirmed" in shown(query)
    assert plot[0].data["image/png"]
    before = int(shown(undone))
    assert f"'deaths': {before + 10}" in shown(live)
    kinds = [line.split()[2] for line in history[0].text.splitlines()]
    assert kinds[0] == "report"
    assert kinds[-1] == "correction"
    assert "deaths" in shown(lake)
    assert "phac" in shown(duck)


def shown(outputs: Any) -> str:
    """The text of a cell's value."""
    (value,) = (one for one in outputs if one.output_type == "execute_result")
    return str(value.data["text/plain"])
