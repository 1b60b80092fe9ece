"""The command line of the producer."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from covid_core import regions

_EPILOG: Final = """exit codes:
  0  everything is published (or was already)
  1  nothing could be done: no broker, no such path, no publisher's file, a wrong setting
  2  the command line is wrong
  3  published, but some lines or files were refused; they are named, and kept in covid.records.dlq
  with --or-invent, 1 for no usable file only where nothing was published before either

examples:
  covid publish ../files
  covid publish phac jhu --countries CA,US
  covid publish --watch phac jhu --every 1h
"""
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Options:
    """What to publish and how."""

    targets: tuple[str, ...]
    watch: bool
    every: float
    """Seconds between polls."""
    countries: frozenset[str] | None
    """Codes of countries; None for all."""
    reported_at: dt.datetime | None
    force: bool
    or_invent: bool
    """Go on with the places that can be reached, and publish an invented epidemic where none can and nothing
    real was ever published."""


def parse(arguments: Sequence[str], *, watched: str, every: str) -> Options:
    """Read the command line. `watched` and `every` are what the settings say where it does not.

    Exits with 2 and a message for a wrong one.
    """
    parser = argparse.ArgumentParser(
        prog="covid_producer",
        description="Publish the publishers' files (PHAC, JHU) as records.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    publish = commands.add_parser(
        "publish",
        help="publish files, folders, addresses",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    publish.add_argument(
        "path", nargs="*", help="file, folder, s3://bucket/prefix, https://…, or a publisher: jhu, phac"
    )
    publish.add_argument(
        "--watch", nargs="*", metavar="PLACE", help="go on polling these places (same forms as PATH)"
    )
    publish.add_argument("--every", type=duration, default=every, help=f"between polls (default {every})")
    publish.add_argument(
        "--countries",
        type=countries,
        default="CA",
        help="country codes, comma-separated, or all (default CA)",
    )
    publish.add_argument(
        "--reported-at", type=instant, help="the records' stamp (default: end of the newest day in a file)"
    )
    publish.add_argument("--force", action="store_true", help="also publish what is listed as finished")
    publish.add_argument(
        "--or-invent",
        action="store_true",
        help="go on without places that cannot be reached; where none can, and nothing real was published "
        "yet: invented numbers",
    )
    given = parser.parse_args(arguments)
    targets = (*given.path, *(given.watch or ()))
    if given.watch is not None and not targets:
        targets = tuple(watched.split())
    if not targets:
        publish.error("give a PATH to publish or a place to --watch")
    return Options(
        targets=targets,
        watch=given.watch is not None,
        every=given.every,
        countries=given.countries,
        reported_at=given.reported_at,
        force=given.force,
        or_invent=given.or_invent,
    )


def duration(text: str) -> float:
    """Seconds of `500ms`, `30s`, `10m`, `1h` or `1d`."""
    match = _DURATION.fullmatch(text.strip())
    if not match or float(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 30s, 10m, 1h or 1d")
    return float(match[1]) * _UNITS[match[2]]


def countries(text: str) -> frozenset[str] | None:
    """As `covid_core.regions.countries`."""
    try:
        return regions.countries(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def instant(text: str) -> dt.datetime:
    """A point in time with its zone, in UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time with its zone, e.g. 2021-01-14T23:59:59Z")
    return moment.astimezone(dt.UTC)
