"""`python -m covid_sinks maintain`: keep the lake's tables quick to read. A composition root."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from covid_core.environment import SettingsError, load
from covid_core.settings import IcebergSettings, S3Settings
from covid_sinks.contract import Transient
from covid_sinks.iceberg.lake import Lake, passing_errors
from covid_sinks.iceberg.maintenance import ORDERS, Limits, Maintained, maintain

_HOUR: Final = 3600.0
_EPILOG: Final = """exit codes:
  0  done, or nothing to do
  1  not all could be done; one sentence says why
  2  the command line is wrong

examples:
  covid maintain --dry-run
  covid maintain --expire-hours 168 --json
"""

S = TypeVar("S", bound=msgspec.Struct)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="covid_sinks maintain",
        description="Merge the small files of the lake's tables, expire old snapshots and remove files that "
        "no snapshot refers to, beside the running sink.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--expire-hours",
        type=_hours(0.0),
        default=Limits().expire_seconds / _HOUR,
        help="snapshots older than that are expired (default %(default)g)",
    )
    made.add_argument(
        "--safe-hours",
        type=_hours(1.0),
        default=Limits().safe_seconds / _HOUR,
        help="files that no snapshot refers to are removed when older than that, at least 1 "
        "(default %(default)g)",
    )
    made.add_argument("--dry-run", action="store_true", help="only say what would be done")
    made.add_argument("--json", action="store_true", help="print the result as JSON")
    return made


def main(arguments: Sequence[str]) -> int:
    """Maintain both tables; the exit code."""
    options = parser().parse_args(arguments)
    limits = Limits(options.expire_hours * _HOUR, options.safe_hours * _HOUR)
    found: list[Maintained] = []
    try:
        lake = Lake(_settings(IcebergSettings), _settings(S3Settings))
        for name in ORDERS:
            with passing_errors():
                table = lake.find(name)
                if table is None:
                    _tell(f"{name}: the lake has no such table yet")
                    continue
                now = dt.datetime.now(dt.UTC)
                found.append(maintain(table, name, limits, now, _tell, dry_run=options.dry_run))
    except (Transient, SettingsError, FileNotFoundError) as error:
        _tell(f"error: {error}; start it again to go on")
        return 1
    finally:
        if options.json:
            print(json.dumps([one.to_json() for one in found], indent=2))
        else:
            for one in found:
                print(("not done (--dry-run): " if options.dry_run else "") + _line(one))
    return 0


def _line(one: Maintained) -> str:
    return (
        f"{one.table}: {one.files_before:,} files are {one.files_after:,} now, {one.rows:,} rows; "
        f"{one.snapshots_before:,} snapshots are {one.snapshots_after:,} now; "
        f"{one.removed_files:,} files of {one.removed_bytes / 1e6:,.1f} MB removed, in {one.seconds:.1f} s"
    )


def _hours(least: float) -> Callable[[str], float]:
    def hours(text: str) -> float:
        number = float(text)
        if not least <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not at least {least:g}")
        return number

    return hours


def _settings(kind: type[S]) -> S:
    return load(kind, os.environ, lambda path: Path(path).read_text(encoding="utf-8"))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
