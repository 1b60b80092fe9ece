"""`covid batch stream`: the streaming job on two workers as EMR runs it, its micro-batches, the oracle."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli import settings
from covid_cli.batch.compare import difference
from covid_cli.batch.here import ended_by_sigterm
from covid_cli.batch.options import Countries, Paths, absolute, codes
from covid_cli.batch.stream.cluster import Cluster, started
from covid_cli.batch.stream.rows import newest, write
from covid_cli.errors import UserError
from covid_cli.stream.batches import Watch
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_process.signer import Signer

_DIFFERENT: Final = 1
_REFUSED: Final = 3
_POLL: Final = 0.2


def command(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the output, rows/: what covid.metrics holds.")],
    countries: Countries = "CA",
    home: Annotated[
        Path | None,
        typer.Option(help="Folder of the servers' data and logs.", show_default="one that is removed"),
    ] = None,
) -> None:
    """Kafka and Spark's two workers here; the job by spark-submit; files published; every micro-batch shown.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths, rows = absolute(path), out.expanduser().absolute() / "rows"
    missing = next((one for one in paths if not one.exists()), None)
    if missing is not None:
        raise UserError(f"{missing} is not there: name files or folders of PHAC's and JHU's files.")
    begun = time.monotonic()
    with ended_by_sigterm(), _folder(home) as folder, started(folder, settings.read()) as cluster:
        typer.echo(f"broker, master, two workers and job are ready after {time.monotonic() - begun:.1f} s")
        begun = time.monotonic()
        accepted = cluster.publish(paths, countries)
        _follow(cluster)
        connection = cluster.kafka.librdkafka(Signer())
        write(newest(connection), rows / "part-0.parquet")
        seconds = time.monotonic() - begun
    first, found = difference(rows, paths, codes(countries))
    typer.echo(f"{found:,} rows in {seconds:.1f} s, from the first record to the last row: {rows}")
    if first is not None:
        typer.echo(f"different from the oracle, first: {first}")
        raise typer.Exit(_DIFFERENT)
    typer.echo(f"{found:,} rows equal to the oracle")
    raise typer.Exit(0 if accepted else _REFUSED)


def _follow(cluster: Cluster) -> None:
    """Show the micro-batches until the job has finished all that the log holds."""
    positions = Positions(cluster.kafka.librdkafka(Signer()))
    wanted = positions.ends(topics.RECORDS)
    watch = Watch(cluster.checkpoint)
    reached: dict[int, int] = {}
    while any(reached.get(partition, 0) < offset for partition, offset in wanted.items()):
        cluster.check()
        for batch in watch.new():
            typer.echo(batch)
            reached = dict(batch.offsets)
        time.sleep(_POLL)


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is not None:
        where = home.expanduser().absolute()
        where.mkdir(parents=True, exist_ok=True)
        yield where
        return
    with tempfile.TemporaryDirectory(prefix="covid-stream-", ignore_cleanup_errors=True) as name:
        yield Path(name)
