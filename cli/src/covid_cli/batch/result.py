"""What the job for EMR leaves beside its outputs, since a cluster's driver prints into a log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read(folder: Path) -> Any:
    """The result of the run whose outputs are in a folder: lines, files, seconds, table, rows, what was
    refused and unusable (`covid_batch.local.Result`). Raises `OSError` where it is not there."""
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def incomplete(result: Mapping[str, Any]) -> bool:
    """Whether files or lines were refused, which the job has named."""
    return bool(result["refused"] or result["unusable"])
