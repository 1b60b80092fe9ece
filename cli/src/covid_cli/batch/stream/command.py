"""`covid batch stream`: the streaming job on two workers as EMR runs it, its micro-batches, the oracle."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli import settings
from covid_cli.batch.compare import told
from covid_cli.batch.files import present
from covid_cli.batch.options import Countries, Paths, codes
from covid_cli.batch.stay import Servers, folder
from covid_cli.batch.stream.cluster import Cluster, started
from covid_cli.batch.stream.rows import newest, write
from covid_cli.errors import UserError
from covid_cli.signals import ended_once
from covid_cli.stream.batches import Watch
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_process.signer import Signer

_POLL: Final = 0.2
_PATIENCE_SECONDS: Final = 300
"""The longest micro-batch that is waited for: the first starts the workers' Python."""


def command(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the output, rows/: what covid.metrics holds.")],
    countries: Countries = "CA",
    home: Servers = None,
) -> None:
    """Kafka and Spark's two workers here; the job by spark-submit; files published; every micro-batch shown.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths, rows = present(path), out.expanduser().absolute() / "rows"
    begun = time.monotonic()
    with folder(home) as servers, ended_once(), started(servers, settings.read()) as cluster:
        typer.echo(f"broker, master, two workers and job are ready after {time.monotonic() - begun:.1f} s")
        begun = time.monotonic()
        accepted = cluster.publish(paths, countries)
        _follow(cluster)
        found = newest(cluster.kafka.librdkafka(Signer()))
        seconds = time.monotonic() - begun
    write(found, rows / "part-0.parquet")
    typer.echo(f"{len(found):,} rows in {seconds:.1f} s, from the first record to the last row: {rows}")
    raise typer.Exit(told(rows, paths, codes(countries), refused=not accepted))


def _follow(cluster: Cluster) -> None:
    """Show the micro-batches until the job has finished all that the log holds. Raises `UserError`."""
    wanted = Positions(cluster.kafka.librdkafka(Signer())).ends(topics.RECORDS)
    watch = Watch(cluster.checkpoint)
    reached: dict[int, int] = {}
    progressed = time.monotonic()
    while any(reached.get(partition, 0) < offset for partition, offset in wanted.items()):
        cluster.check()
        for batch in watch.new():
            typer.echo(batch)
            reached = dict(batch.offsets)
            progressed = time.monotonic()
        if time.monotonic() - progressed > _PATIENCE_SECONDS:
            raise UserError(
                f"the job has finished no micro-batch for {_PATIENCE_SECONDS} s: see {cluster.log} "
                "(--home keeps it)."
            )
        time.sleep(_POLL)
