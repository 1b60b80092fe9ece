"""Spark's Python daemon, with pyspark as installed instead of from Spark's own `pyspark.zip`.

Spark puts that archive first on the path of its workers. Each worker then looks through it again for every
micro-batch (`importlib.invalidate_caches` reads its directory once for each package imported from it, 14
times here), and compiles what it imports, since the archive holds no byte code. On 2 cores that was a third
of a micro-batch of one record, and seconds of every start.

Run by Spark as `python -m covid_stream.daemon pyspark.worker` (`spark.python.daemon.module`).
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from importlib.machinery import PathFinder
from typing import Any

_ARCHIVES = (".zip", ".jar")


def prefer_installed(path: list[str], importers: MutableMapping[str, Any]) -> None:
    """Take archives off an import path, where pyspark is found without them, and forget their importers."""
    folders = [entry for entry in path if not entry.endswith(_ARCHIVES)]
    if PathFinder.find_spec("pyspark", folders) is None:
        return
    path[:] = folders
    for entry in list(importers):
        if entry.endswith(_ARCHIVES):
            del importers[entry]


if __name__ == "__main__":
    prefer_installed(sys.path, sys.path_importer_cache)
    from pyspark.daemon import manager

    manager()  # type: ignore[no-untyped-call]
