"""`python -m covid_batch JOB`: the composition root of the batch jobs.

Exit codes: 0 done, 1 nothing could be done (one sentence says why), 2 the command line is wrong, 3 done, but
files or lines were refused (they are named; `emr` ends with 0 then, see there).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, NamedTuple

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from covid_batch import emr, local, session
from covid_batch.files import NothingToRead
from covid_batch.local import Result
from covid_batch.troubles import sentence

DONE, FATAL, REFUSED = 0, 1, 3


class Job(NamedTuple):
    """A platform's job: what to call, and how its end is told."""

    summary: str
    run: Callable[..., Result]
    refused: int = REFUSED
    """The exit code when files or lines were refused."""
    prints: bool = True
    """Whether the result goes to standard output, as JSON."""


JOBS: Final = {
    "local": Job("publishers' files to one table, with the Spark of this process", local.run),
    "emr": Job("the same as a step or job of EMR, with the result as a file", emr.run, DONE, prints=False),
}


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    job = JOBS[options.job]
    with session.opened() as spark:
        try:
            result = job.run(spark, options.path, options.out, options.countries, _tell)
        except (NothingToRead, PySparkException, Py4JError, OSError) as error:
            print(f"error: {sentence(error)}", file=sys.stderr)
            return FATAL
    for trouble in result.unusable:
        print(f"refused file: {trouble}", file=sys.stderr)
    for refusal in result.refusals:
        print(f"refused: {refusal}", file=sys.stderr)
    if result.refused > len(result.refusals):
        print(f"refused: {result.refused - len(result.refusals):,} more", file=sys.stderr)
    if job.prints:
        print(json.dumps(asdict(result)))
    return job.refused if result.unusable or result.refused else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch", description="The stream's numbers, by batch.")
    jobs = parser.add_subparsers(dest="job", required=True)
    for name, job in JOBS.items():
        one = jobs.add_parser(name, help=job.summary)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
