"""Every platform: by which commands it is run here, and what of it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ACCOUNT: Final = "AWS itself"


@dataclass(frozen=True)
class Platform:
    """One platform. `commands`: what follows `covid batch`, one after the other; `{data}` is the files,
    `{out}` a folder of its own, `{rows}` the rows that `local` has written, `{home}` a running stack."""

    number: int
    name: str
    commands: tuple[str, ...]
    not_run: str = _ACCOUNT


PLATFORMS: Final = (
    Platform(1, "local", ("local {data} --out {out}",), "nothing"),
    Platform(2, "emr", ("emr {data} --out {out}",)),
    Platform(3, "pipeline", ("pipeline {data} --out {out}",)),
    Platform(4, "glue", ("glue run {data} --out {out}",), "AWS itself, Glue's own Java"),
    Platform(5, "hive", ("hive run {data} --out {out}",)),
    Platform(5, "tableau", ("tableau {rows} --against {data} --out {out}",), "Tableau Desktop"),
    Platform(
        6,
        "redshift",
        (
            "redshift load {rows} --against {data} --home {home}",
            "redshift analyse --out {out} --home {home}",
            "redshift unload --home {home}",
        ),
        "Redshift itself (PostgreSQL stands in)",
    ),
    Platform(7, "stream", ("stream {data} --out {out}",)),
    Platform(
        8,
        "sqlserver",
        (
            "sqlserver import {rows} --against {data} --home {home}",
            "sqlserver query --out {out} --home {home}",
        ),
        "SQL Server itself (PostgreSQL stands in)",
    ),
    Platform(9, "lambda", ("lambda {data} --out {out} --home {home}",)),
    Platform(10, "databricks", ("databricks {data} --out {out}",), "Databricks itself"),
    Platform(11, "apigateway", ("apigateway {data} --home {home}",)),
)
"""In an order in which each finds what it needs; 12, deletion, is the end of 11."""
