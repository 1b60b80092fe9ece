"""`python -m covid_batch local`: the composition root of the batch jobs.

Exit codes: 0 done, 1 nothing could be done (one sentence says why), 2 the command line is wrong, 3 done, but
files or lines were refused (they are named).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from pyspark.errors import PySparkException

from covid_batch import local, session
from covid_batch.files import NothingToRead

DONE, FATAL, REFUSED = 0, 1, 3


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    with session.opened() as spark:
        try:
            result = local.run(spark, options.path, options.out, options.countries, _tell)
        except (NothingToRead, PySparkException, OSError) as error:
            print(f"error: {_first_line(error)}", file=sys.stderr)
            return FATAL
    for trouble in result.unusable:
        print(f"refused file: {trouble}", file=sys.stderr)
    for refusal in result.refusals:
        print(f"refused: {refusal}", file=sys.stderr)
    if result.refused > len(result.refusals):
        print(f"refused: {result.refused - len(result.refusals):,} more", file=sys.stderr)
    print(json.dumps(asdict(result)))
    return REFUSED if result.unusable or result.refused else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch", description="The stream's numbers, by batch.")
    jobs = parser.add_subparsers(dest="job", required=True)
    one = jobs.add_parser("local", help="publishers' files to one table, with the Spark of this process")
    one.add_argument("path", nargs="+", help="file or folder, of any file system that Spark knows")
    one.add_argument("--out", required=True, help="folder of the outputs covid.csv and rows/")
    one.add_argument(
        "--countries",
        type=_countries,
        default="CA",
        help="country codes, comma-separated, or all (default CA)",
    )
    return parser


def _countries(text: str) -> frozenset[str] | None:
    return None if text == "all" else frozenset(text.split(","))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
