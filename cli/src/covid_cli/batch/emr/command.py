"""`covid batch emr`: the job on a cluster of this machine as EMR runs it, then against the oracle."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from covid_cli import settings
from covid_cli.batch import result as results
from covid_cli.batch.bucket import Bucket
from covid_cli.batch.compare import DIFFERENT, EQUAL, Oracle
from covid_cli.batch.emr.cluster import Cluster, started
from covid_cli.batch.emr.scripts import job_files
from covid_cli.batch.files import named, present
from covid_cli.batch.options import Countries, Paths, codes
from covid_cli.batch.stay import Servers, folder
from covid_cli.signals import ended_once

_DATA, _JOB, _OUT = "covid/data/", "covid/job/", "covid/out/"
_HDFS: Final = "hdfs:///covid/data"


def command(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the outputs, from-s3/ and from-hdfs/.")],
    countries: Countries = "CA",
    home: Servers = None,
) -> None:
    """Publishers' files to one table on S3, HDFS and a Spark cluster here, by the scripts that EMR runs.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths, where = present(path), out.expanduser().absolute()
    files, code = named(paths), EQUAL
    with folder(home) as servers, ended_once(), started(servers, settings.read()) as cluster:
        bucket = Bucket(cluster.s3)
        _prepare(cluster, bucket, files)
        with closing(Oracle(paths, codes(countries))) as oracle:
            for name, source in (("from-s3", f"s3a://{cluster.s3.bucket}/{_DATA}"), ("from-hdfs", _HDFS)):
                result = _run(cluster, bucket, source, where / name, countries)
                found = oracle.told(where / name / "rows", refused=results.incomplete(result))
                if found == DIFFERENT:
                    raise typer.Exit(DIFFERENT)
                code = max(code, found)
    raise typer.Exit(code)


def _prepare(cluster: Cluster, bucket: Bucket, files: dict[str, Path]) -> None:
    """The bucket as on AWS, then what EMR does before the job."""
    begun = time.monotonic()
    bucket.replace(_DATA, files)
    with tempfile.TemporaryDirectory() as draft:
        bucket.replace(_JOB, job_files(Path(draft)))
    said = cluster.bootstrap(f"s3://{cluster.s3.bucket}/covid")
    typer.echo(f"bootstrap.sh, on each of {len(cluster.nodes)} nodes: {said}")
    cluster.start_nodes()
    typer.echo(f"to-hdfs.sh: {cluster.to_hdfs(_HDFS)}")
    typer.echo(f"HDFS, a master and two workers are ready after {time.monotonic() - begun:.1f} s")


def _run(cluster: Cluster, bucket: Bucket, source: str, folder: Path, countries: str) -> Any:
    """The job on the workers; its outputs in the folder, and its result."""
    prefix = f"{_OUT}{folder.name}"
    cluster.submit("emr", source, "--out", f"s3a://{cluster.s3.bucket}/{prefix}", "--countries", countries)
    bucket.download(f"{prefix}/", folder)
    result = results.read(folder)
    typer.echo(
        f"{source}: {result['lines']:,} lines from {result['files']:,} files in {result['seconds']:.1f} s: "
        f"{folder / 'covid.csv'}; rows in {folder / 'rows'}"
    )
    return result
