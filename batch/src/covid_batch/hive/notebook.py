"""The notebook of `cloud/hive`, executed on this machine as it stands, with parameters put in."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from covid_batch.hive.warehouse import held
from covid_batch.stores.errors import Unusable
from covid_batch.troubles import sentence

NOTEBOOK: Final = "covid.ipynb"
_KERNEL: Final = "python3"
"""In place of EMR's: the cells are plain Python."""

_ENCRYPTED: Final = Config({"KernelManager": {"transport_encryption": "required"}})
"""The kernel is reached by TCP on loopback, where others on this machine could listen in."""


def execute(folder: Path, parameters: Mapping[str, Any]) -> Any:
    """Run every cell over the Hive of a folder; what the last one prints.

    The executed copy appears as `FOLDER/covid.ipynb` once all cells have ended. Raises `Unusable` where one
    fails.
    """
    content = files("covid_batch.hive").joinpath(NOTEBOOK).read_text(encoding="utf-8")
    notebook = nbformat.reads(content, as_version=4)
    with held(folder):
        _put(notebook, {**parameters, "folder": str(folder)})
        try:
            client = NotebookClient(notebook, timeout=None, kernel_name=_KERNEL, config=_ENCRYPTED)
            # In the folder, since Spark and Derby leave files where they are started.
            client.execute(cwd=str(folder))
        except CellExecutionError as error:
            raise Unusable(_explained(error)) from error
        except DeadKernelError as error:
            raise Unusable(
                "the notebook's kernel died, and the tables are as they were: free some memory, then run it "
                "again"
            ) from error
        _write(notebook, folder / NOTEBOOK)
    return json.loads(_printed(notebook))


def _put(notebook: Any, parameters: Mapping[str, Any]) -> None:
    """A cell after the one tagged `parameters`, as papermill has it."""
    (at,) = (
        number for number, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(at + 1, cell)


def _explained(error: CellExecutionError) -> str:
    """The error of a cell as one sentence: its own text without Python's traceback."""
    return sentence(RuntimeError(error.evalue or error.ename))


def _printed(notebook: Any) -> str:
    """The last line that the last cell printed."""
    outputs = notebook.cells[-1].outputs
    return str("".join(one.text for one in outputs if one.get("name") == "stdout")).splitlines()[-1]


def _write(notebook: Any, path: Path) -> None:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    nbformat.write(notebook, draft)
    os.replace(draft, path)  # noqa: PTH105 - at once, also over an earlier one
