"""`python -m covid_batch.backfill records|metrics|restore`: the composition root of the backfill.

Exit codes: 0 done, 1 nothing or not all could be done (one sentence says why), 2 the command line is wrong,
3 done, but files or lines were refused (they are named, and kept in covid.records.dlq).
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from typing import Final

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from covid_batch import session
from covid_batch.backfill import metrics, records, restore
from covid_batch.backfill.archive import Archive, NoArchive
from covid_batch.backfill.log import Log, LogUnavailable
from covid_batch.backfill.metrics import Lagging
from covid_batch.backfill.records import HoldsInvented
from covid_batch.backfill.scope import Scope
from covid_batch.commandline import DONE, FATAL, REFUSED, add_files, failed, regions, settings, tell
from covid_batch.files import NothingToRead
from covid_batch.troubles import sentence
from covid_core.environment import SettingsError
from covid_core.regions import get
from covid_core.settings import IcebergSettings, KafkaSettings, S3Settings, StreamSettings
from covid_process import login
from covid_process.signer import Signer

WAIT_SECONDS: Final = 60.0
_EXIT_CODES: Final = """exit codes:
  0  done
  1  nothing or not all could be done; one sentence says why
  2  the command line is wrong
  3  done, but files or lines were refused; they are named, and kept in covid.records.dlq
"""
_EXPECTED = (
    NothingToRead,
    HoldsInvented,
    NoArchive,
    Lagging,
    LogUnavailable,
    login.LoginRefused,
    SettingsError,
    PySparkException,
    Py4JError,
    OSError,
)


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = parsed(arguments)
    try:
        kafka = settings(KafkaSettings)
        connection = kafka.librdkafka(Signer())
        login.require(connection)
        log = Log(connection, kafka.java())
        with session.opened(settings(StreamSettings).jars) as spark:
            if options.job == "records":
                return _records(spark, log, options)
            archive = Archive(settings(IcebergSettings), settings(S3Settings))
            return (_metrics if options.job == "metrics" else _restore)(spark, archive, log, options)
    except _EXPECTED as error:
        return failed(sentence(error))
    except KeyboardInterrupt:
        tell("stopped; start it again to go on: nothing is counted twice")
        return FATAL


def _records(spark: SparkSession, log: Log, options: argparse.Namespace) -> int:
    result = records.run(
        spark,
        options.path,
        log,
        _scope(options),
        options.countries,
        force=options.force,
        dry_run=options.dry_run,
        tell=tell,
        refuse=lambda sentence: tell(f"refused: {sentence}"),
    )
    skipped = f"; {result.skipped:,} files were published already" if result.skipped else ""
    print(
        f"{_would(options)}{result.records:,} records of {result.files:,} files published to covid.records "
        f"in {result.seconds:.1f} s{skipped}"
    )
    if not result.refused:
        return DONE
    tell(f"{result.refused:,} files, lines and cells refused")
    return REFUSED


def _metrics(spark: SparkSession, archive: Archive, log: Log, options: argparse.Namespace) -> int:
    result = metrics.run(
        spark,
        archive,
        log,
        _scope(options),
        wait=options.wait,
        resume=options.resume,
        dry_run=options.dry_run,
        tell=tell,
    )
    skipped = f"; {result.skipped:,} regions were done before" if result.skipped else ""
    print(
        f"{_would(options)}{result.rows:,} rows of {result.regions:,} regions published to covid.metrics "
        f"in {result.messages:,} messages and {result.seconds:.1f} s{skipped}"
    )
    return DONE


def _restore(spark: SparkSession, archive: Archive, log: Log, options: argparse.Namespace) -> int:
    result = restore.run(spark, archive, log, dry_run=options.dry_run, tell=tell)
    if result.generation is None:
        print("nothing to restore: the log holds all that the archive has")
        return DONE
    print(
        f"{_would(options)}{result.records:,} records published to covid.records again, and "
        f"{result.refused_again:,} messages that are none, in {result.seconds:.1f} s; "
        f"generation {result.generation} replaces the rows of all before"
    )
    if result.left_out:
        print(f"{result.left_out:,} records stay in the archive only: when they came they lay in the future")
    return DONE


def _scope(options: argparse.Namespace) -> Scope:
    return Scope(options.regions, options.first, options.last)


def _would(options: argparse.Namespace) -> str:
    return "not done (--dry-run): " if options.dry_run else ""


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a job. Ends the process with exit code 2 for words that nothing could match."""
    made = parser()
    options = made.parse_args(arguments)
    if options.job != "restore" and (objection := _objection(options)):
        made.error(objection)
    return options


def _objection(options: argparse.Namespace) -> str | None:
    if options.first and options.last and options.first > options.last:
        return f"--from {options.first} is later than --to {options.last}: no day lies between them"
    countries = options.countries if options.job == "records" else None
    if options.regions is None or countries is None:
        return None
    outside = sorted(code for code in options.regions if get(code).country not in countries)
    if not outside:
        return None
    given = ",".join(sorted(countries))
    wanted = ",".join(sorted({get(code).country for code in outside} | countries))
    return f"--regions: {', '.join(outside)}: not in --countries {given}; give --countries {wanted}"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="covid_batch.backfill",
        description="Fill in history beside the running stream.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    jobs = made.add_subparsers(dest="job", required=True)

    def job(name: str, what: str, *examples: str) -> argparse.ArgumentParser:
        shown = "\n".join(f"  covid {example}" for example in examples)
        return jobs.add_parser(
            name,
            help=what,
            epilog=f"{_EXIT_CODES}\nexamples:\n{shown}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    one = job(
        "records",
        "publishers' files to covid.records, parsed by Spark",
        "backfill records ../files --countries all",
        "backfill records ../files --regions CA-ON --from 2021-01-01 --dry-run",
    )
    add_files(one)
    one.add_argument("--force", action="store_true", help="also publish what is listed as finished")
    two = job(
        "metrics",
        "the archive in the lake to all rows on covid.metrics",
        "backfill metrics",
        "backfill metrics --resume",
    )
    two.add_argument(
        "--wait",
        type=float,
        default=WAIT_SECONDS,
        help="seconds to wait for the archive (default %(default)g)",
    )
    two.add_argument(
        "--resume", action="store_true", help="leave out the regions that a killed backfill had done"
    )
    three = job("restore", "refill a lost covid.records from the archive", "restore --dry-run", "restore")
    for each in (one, two):
        each.add_argument("--regions", type=regions, help="region codes, comma-separated (default all)")
        each.add_argument("--from", dest="first", type=dt.date.fromisoformat, help="first day, YYYY-MM-DD")
        each.add_argument("--to", dest="last", type=dt.date.fromisoformat, help="last day, YYYY-MM-DD")
    for each in (one, two, three):
        each.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
