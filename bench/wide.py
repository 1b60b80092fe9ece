"""The core with more regions than there are, for measurements of thousands of them.

The stream refuses a record whose region is not in `regions.csv`, and it has no setting for others: only there
are regions said. So a copy of the package gets more lines in that file, and processes find the copy first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import covid_core

_EARLIEST = "EARLIEST: Final = dt.date(2019, 1, 1)"


def codes(count: int, country: str = "XX") -> list[str]:
    """So many codes that no region has."""
    return [f"{country}-{number:04d}" for number in range(1, count + 1)]


def core(folder: Path, more: Sequence[str], *, first_year: int | None = None) -> dict[str, str]:
    """Variables of a process that knows these regions, too, and days from `first_year` on.

    Raises `ValueError` where the core no longer has the line that says which day is the earliest.
    """
    package = folder / "covid_core"
    source = Path(covid_core.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    with (package / "regions.csv").open("a", encoding="utf-8", newline="") as file:
        file.writelines(f"{code},province,Region {code},,,\n" for code in more)
    if first_year is not None:
        records = package / "records.py"
        text = records.read_text(encoding="utf-8")
        if text.count(_EARLIEST) != 1:
            raise ValueError(f"{source / 'records.py'} has no line {_EARLIEST!r}: change it here, too")
        records.write_text(text.replace(_EARLIEST, f"EARLIEST: Final = dt.date({first_year}, 1, 1)"))
    here = str(Path(__file__).parent.parent)
    return {"PYTHONPATH": os.pathsep.join([str(folder), here, os.environ.get("PYTHONPATH", "")])}
