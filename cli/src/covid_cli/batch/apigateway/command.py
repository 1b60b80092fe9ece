"""`covid batch apigateway`: options in, steps and result out."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from covid_cli.batch.apigateway.system import inbox
from covid_cli.batch.apigateway.walk import walk
from covid_cli.batch.compare import DIFFERENT
from covid_cli.batch.stacks import stack_of
from covid_cli.batch.verdict import ORACLE, Verdict, say
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.published import records
from covid_cli.verify.connections import STORES, connections, readers
from covid_core.records import Record

_LEAST_DAYS: Final = 14


def command(
    path: Annotated[list[Path], typer.Argument(help="Files or folders of PHAC's and JHU's files.")],
    region: Annotated[str, typer.Option(help="Whose records are written, read and deleted.")] = "CA-ON",
    source: Annotated[str, typer.Option(help="Of which publisher: phac, phac-weekly or jhu.")] = "phac",
    home: Home = None,
) -> None:
    """Write, read and delete through the API, the bucket and the stream of `cloud/apigateway`.

    The publisher's records go in under the source `inbox-SOURCE`: in a stack of its own that is removed
    afterwards or, with --home, in a running one. Exit codes: 0 every store equals the oracle; 1 one does not,
    or a step failed.
    """
    said = _corrections(path, region, source)
    with stack_of(home, _tell) as (environ, logs), inbox(environ, logs, _tell) as parts:
        where = connections({**os.environ, **environ}, lambda name: Path(name).read_text(encoding="utf-8"))
        done = walk(parts, readers(where, STORES), said, _tell)
    typer.echo(f"{done.rows:,} rows in {done.seconds:.1f} s")
    verdict = Verdict(ORACLE, done.rows, str(done.different) if done.different else None)
    if not say(verdict, equal=f"{verdict} in {', '.join(STORES)}"):
        raise typer.Exit(DIFFERENT)


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _reported(record: Record) -> dt.datetime:
    return record.reported_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _corrections(paths: Sequence[Path], region: str, source: str) -> Sequence[Record]:
    """The newest report of each day, as a person would write it. Raises `UserError`."""
    country = frozenset({region.partition("-")[0]})
    given = records([one.expanduser() for one in paths], country)
    wanted = [record for record in given if (record.region, record.source) == (region, source)]
    newest = {record.date: record for record in sorted(wanted, key=_reported)}
    if len(newest) < _LEAST_DAYS:
        raise UserError(
            f"{len(newest)} days of {source} for {region} under {', '.join(map(str, paths))}: "
            f"name files that have {_LEAST_DAYS} at least."
        )
    return [
        msgspec.structs.replace(record, source=f"inbox-{source}", correction=True, reported_at=None)
        for record in newest.values()
    ]
