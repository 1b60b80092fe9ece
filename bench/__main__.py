"""`python -m bench [ROW…]`: measure rows and print them. See `docs/performance.md`."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sys
import time
from collections.abc import Sequence

from bench import results, scaling
from bench.measure import ROUNDS
from bench.results import Measured
from bench.row import Row, Scale
from bench.rows import ROWS
from covid_cli.signals import ended_once

_log = logging.getLogger("bench")


def main(arguments: Sequence[str]) -> int:
    """0 when every row could be measured, whatever came of it; else 1."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and (options.work != 1 or options.rounds < ROUNDS):
        parser.error(f"--write wants the whole load and {ROUNDS} rounds: a trial is no result")
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    _log.setLevel(logging.INFO)
    wanted = [
        row for row in ROWS if row.number in options.row or (not options.row and row.long == options.long)
    ]
    scale = Scale(options.rounds, options.work)
    run = results.this_run(dt.datetime.now(dt.UTC))
    failed = []
    with ended_once():
        for row in wanted:
            if not _measure(row, scale, run, write=options.write):
                failed.append(row.number)
    if failed:
        _log.error("not measured: rows %s", ", ".join(map(str, failed)))
    return 1 if failed else 0


def _write(found: Measured) -> None:
    """The file and both pages, row by row: what is measured stays when a later row fails."""
    known = results.write(results.FILE, [found])
    results.fill(results.PAGE, results.table(known))
    try:
        results.fill(results.SCALING, scaling.tables(known))
    except LookupError as error:
        _log.info("%s is left as it is: %s", results.SCALING.name, error)


def _measure(row: Row, scale: Scale, run: results.Run, *, write: bool) -> bool:
    """Measure, print and maybe write down; whether it could be done."""
    _log.info("row %d: %s", row.number, row.title)
    begun = time.monotonic()
    try:
        lines = row.measured(scale)
        seconds = time.monotonic() - begun
        _log.info("row %d took %.0f s", row.number, seconds)
        found = Measured(row.number, row.title, run, round(seconds, 1), tuple(lines))
        print(results.table([found]), flush=True)
        if write:
            _write(found)
    except Exception:  # one row that fails must not cost the others
        _log.exception("row %d could not be measured", row.number)
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measure rows of the table side by side.")
    numbers = [row.number for row in ROWS]
    told = "numbers; none: all that `make bench` runs"
    parser.add_argument("row", nargs="*", type=int, choices=numbers, metavar="ROW", help=told)
    parser.add_argument("--long", action="store_true", help="without numbers: those of `make bench-long`")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="of each measurement (default %(default)d)"
    )
    parser.add_argument(
        "--work", type=float, default=1.0, help="share of the ordinary load, to see that a row works"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="write bench/results.json and the tables of docs/performance.md and docs/scaling.md",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
