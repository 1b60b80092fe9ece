"""Spark's Thrift server over the Hive of a folder: HiveServer2's protocol, for Tableau and beeline."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from covid_batch.hive import warehouse
from covid_batch.hive.tables import TABLES
from covid_batch.stores.errors import Unusable

_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


def command(folder: Path, host: str, port: int) -> list[str]:
    """The command line of the server."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise Unusable("Spark (the package pyspark) is not installed: run `make setup`")
    submit = Path(next(iter(spec.submodule_search_locations))) / "bin" / "spark-submit"
    options = [f"--conf={key}={value}" for key, value in warehouse.options(folder).items()]
    hive = {"hive.server2.thrift.port": port, "hive.server2.thrift.bind.host": host}
    return [
        str(submit),
        "--class",
        _CLASS,
        *options,
        "spark-internal",
        *(word for key, value in hive.items() for word in ("--hiveconf", f"{key}={value}")),
    ]


def become(folder: Path, host: str, port: int) -> NoReturn:
    """Turn this process into the server, so that a signal to it is one to the server.

    Raises `Unusable` where the folder holds no tables or is in use.
    """
    if not warehouse.table_folder(folder, TABLES[0]).is_dir():
        raise Unusable(f"{folder} holds no tables: `covid batch hive run PATH --out {folder}` makes them")
    with warehouse.held(folder):
        os.chdir(folder)
        arguments = command(folder, host, port)
        os.execv(arguments[0], arguments)  # noqa: S606 - it takes the lock with it
