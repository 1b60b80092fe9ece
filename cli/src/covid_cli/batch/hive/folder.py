"""Tables of a Hive folder as the checks read them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from covid_cli.errors import UserError


class Folders:
    """Tables by the folder of their Parquet files."""

    def table(self, place: str) -> pa.Table:
        """A whole table. Raises `UserError` where the folder holds none."""
        files = sorted(Path(place).glob("part-*"))
        if not files:
            raise UserError(f"{place} holds no table: `covid batch hive run` makes it.")
        return pa.concat_tables([pq.read_table(file) for file in files])
