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
from covid_batch.commandline import DONE, REFUSED, add_files, failed, settings, tell, tell_refused
from covid_batch.files import NothingToRead
from covid_batch.local import Result
from covid_batch.troubles import sentence
from covid_core.environment import SettingsError
from covid_core.settings import SerialIntervalSettings, StreamSettings


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
    try:
        with session.opened(settings(StreamSettings).jars) as spark:
            interval = settings(SerialIntervalSettings).interval
            result = job.run(spark, options.path, options.out, options.countries, tell, interval=interval)
    except (NothingToRead, SettingsError, PySparkException, Py4JError, OSError) as error:
        return failed(sentence(error))
    tell_refused(result.unusable, result.refusals, result.refused)
    if job.prints:
        print(json.dumps(asdict(result)))
    return job.refused if result.unusable or result.refused else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch", description="The stream's numbers, by batch.")
    jobs = parser.add_subparsers(dest="job", required=True)
    for name, job in JOBS.items():
        one = jobs.add_parser(name, help=job.summary)
        add_files(one)
        one.add_argument("--out", required=True, help="folder of the outputs covid.csv and rows/")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
