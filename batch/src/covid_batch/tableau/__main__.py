"""`python -m covid_batch.tableau ROWS --out FILE`: rows that a job wrote, to an extract of Tableau's.

What was done goes to standard output, as JSON. Exit codes: 0 done, 1 nothing could be done (one sentence
says why), 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from covid_batch.commandline import failed, settings
from covid_batch.stores import rows
from covid_batch.stores.errors import Unusable
from covid_core.environment import SettingsError
from covid_core.settings import S3Settings


def main(arguments: Sequence[str]) -> int:
    """Run the job."""
    parser = argparse.ArgumentParser(prog="covid_batch.tableau", description="Rows to an extract.")
    parser.add_argument("rows", help="folder of Parquet files, here or s3://")
    parser.add_argument("--out", type=Path, required=True, help="the extract, FILE.hyper")
    options = parser.parse_args(arguments)
    try:
        s3 = settings(S3Settings)
        print(json.dumps(_extract(options.rows, s3, options.out.absolute())))
    except (Unusable, SettingsError) as error:
        return failed(str(error))
    return 0


def _extract(folder: str, s3: S3Settings, out: Path) -> dict[str, Any]:
    begun = time.monotonic()
    try:
        from covid_batch.tableau.extract import write  # noqa: PLC0415 - Hyper is not made for every machine
    except ModuleNotFoundError as error:
        raise Unusable(
            "Tableau's Hyper (the package tableauhyperapi) is not installed: it is made for Linux on x86-64 "
            "and for macOS"
        ) from error
    table = rows.read(folder, s3)
    write({"batch_metrics": table, "batch_regions": rows.region_table()}, out)
    return {"rows": table.num_rows, "seconds": time.monotonic() - begun, "extract": str(out)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
