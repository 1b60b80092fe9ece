"""`python -m covid_batch.hive run|serve|query`: the composition root of Hive's jobs.

What was done goes to standard output, as JSON. Exit codes: 0 done, 1 nothing could be done (one sentence
says why), 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from covid_batch.commandline import failed, tell_refused
from covid_batch.hive import server, warehouse
from covid_batch.hive.client import PORT, HiveServer2
from covid_batch.hive.notebook import NOTEBOOK, execute
from covid_batch.hive.tables import TABLES
from covid_batch.stores.answers import answer
from covid_batch.stores.errors import Unusable
from covid_batch.stores.queries import queries, schema


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(options.run(options)))
    except Unusable as error:
        return failed(str(error))
    return 0


def _run(options: argparse.Namespace) -> dict[str, Any]:
    begun, folder = time.monotonic(), options.out.absolute()
    told = execute(folder, {"paths": options.path, "countries": options.countries})
    tell_refused(told["unusable"], told["refusals"], told["refused"])
    return {
        **told,
        "seconds": time.monotonic() - begun,
        "table": str(warehouse.table_folder(folder, TABLES[0])),
        "notebook": str(folder / NOTEBOOK),
    }


def _serve(options: argparse.Namespace) -> None:
    server.become(options.folder.absolute(), options.host, options.port)


def _query(options: argparse.Namespace) -> dict[str, Any]:
    wanted = queries("hive", options.name)
    folder = options.folder.absolute()
    connection = HiveServer2(options.url)
    try:
        answers = answer(wanted, connection.ask, options.out)
    finally:
        connection.close()
    return {
        "answers": [asdict(one) for one in answers],
        "objects": {name: str(warehouse.table_folder(folder, name)) for name in TABLES},
        "views": [statement for statement in schema("hive") if "VIEW" in statement],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch.hive", description="Hive's jobs.")
    jobs = parser.add_subparsers(required=True)
    one = jobs.add_parser("run", help="execute the notebook: files to tables of the Hive of a folder")
    one.add_argument("path", nargs="+", help="file or folder")
    one.add_argument("--out", type=Path, required=True, help="folder of the Hive")
    one.add_argument("--countries", default="CA", help="codes, comma-separated, or all (default CA)")
    one.set_defaults(run=_run)
    one = jobs.add_parser("serve", help="serve the Hive of a folder by HiveServer2's protocol")
    one.add_argument("folder", type=Path)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=PORT)
    one.set_defaults(run=_serve)
    one = jobs.add_parser("query", help="ask the queries of sql/hive")
    one.add_argument("name", nargs="*", help="only these")
    one.add_argument("--folder", type=Path, required=True, help="folder of the Hive that is served")
    one.add_argument("--url", default=f"hive2://127.0.0.1:{PORT}")
    one.add_argument("--out", type=Path, required=True, help="folder of the answers, a CSV file each")
    one.set_defaults(run=_query)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
