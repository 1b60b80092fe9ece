"""`covid batch lambda`: a question to the function in, its charts and the comparison with the oracle out."""

from __future__ import annotations

import base64
import math
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import duckdb
import typer
from confluent_kafka import KafkaException

from covid_cli.batch import templates
from covid_cli.batch.compare import DIFFERENT
from covid_cli.batch.expected import expect
from covid_cli.batch.functions import Function, FunctionError
from covid_cli.batch.stacks import stack_of
from covid_cli.batch.verdict import ORACLE, Verdict, say
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.verify.compare import RELATIVE
from covid_cli.verify.connections import Connections, connections
from covid_cli.verify.positions import Positions
from covid_core import topics

TEMPLATE: Final = "lambda/template.yaml"
_REFUSED: Final = 3
_WAIT_SECONDS: Final = 300.0
_FIGURES: Final = {
    "count": "count({0})",
    "mean": "avg({0})",
    "std": "stddev_samp({0})",
    "min": "min({0})",
    "25%": "quantile_cont({0}, 0.25)",
    "50%": "quantile_cont({0}, 0.5)",
    "75%": "quantile_cont({0}, 0.75)",
    "max": "max({0})",
    "peak": "min(date) FILTER ({0} = (SELECT max({0}) FROM shown))",
    "first": "arg_min({0}, date)",
    "last": "arg_max({0}, date)",
}
"""Each statistic of the function, as DuckDB computes it."""


def command(
    path: Annotated[list[Path], typer.Argument(help="Files or folders of PHAC's and JHU's files.")],
    out: Annotated[Path, typer.Option(help="Folder of the charts.")],
    *,
    region: Annotated[str, typer.Option(help="ISO 3166 code.")] = "CA-ON",
    source: Annotated[str, typer.Option(help="Whose numbers.")] = "merged",
    first: Annotated[str, typer.Option("--from", help="First date.")] = "2020-01-01",
    last: Annotated[str, typer.Option("--to", help="Last date, included.")] = "2023-12-31",
    metrics: Annotated[str, typer.Option(help="What to draw, comma-separated.")] = (
        "new_confirmed,new_deaths,incidence_7d"
    ),
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
    home: Home = None,
) -> None:
    """Statistics and charts of a region by the function of `cloud/lambda`, and the same by the oracle.

    The files are published to a stack of its own that is removed afterwards; with --home a running one that
    holds them is asked. Exit codes: 0 equal; 1 different, or the function failed.
    """
    paths = [one.expanduser().absolute() for one in path]
    event = {"region": region, "source": source, "from": first, "to": last, "metrics": metrics}
    event["language"] = language
    with stack_of(home, _tell) as (environ, logs):
        if home is None:
            _publish(paths, environ)
        begun = time.monotonic()
        answer = _ask(event, environ, logs)
        seconds = time.monotonic() - begun
    for chart in answer["charts"]:
        place = out.expanduser() / Path(chart["object"]).name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(base64.b64decode(chart["png"]))
        typer.echo(f"{chart['object']}, here {place}")
    for metric, said in answer["statistics"].items():
        typer.echo(f"{metric}: " + ", ".join(f"{name} {_shown(value)}" for name, value in said.items()))
    typer.echo(f"{answer['rows']:,} rows in {seconds:.1f} s")
    verdict = Verdict(ORACLE, answer["rows"], _difference(paths, event, answer))
    if not say(verdict, equal=f"statistics equal to {ORACLE}"):
        raise typer.Exit(DIFFERENT)


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _publish(paths: Sequence[Path], environ: Mapping[str, str]) -> None:
    """Publish files and wait until DynamoDB has what follows from them. Raises `UserError`."""
    _tell("publishing")
    published = subprocess.run(
        (sys.executable, "-m", "covid_producer", "publish", *map(str, paths)),
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if published.returncode not in (0, _REFUSED):
        raise UserError(f"publishing ended with exit code {published.returncode}; see above.")
    where = _where(environ)
    positions = Positions(where.kafka)
    deadline = time.monotonic() + _WAIT_SECONDS
    _tell("waiting for the stream and DynamoDB")
    try:
        for group, topic in (
            (topics.STREAM_GROUP, topics.RECORDS),
            (topics.sink_group("dynamodb", where.group_suffix), topics.METRICS),
        ):
            lags = positions.wait([group], topic, positions.ends(topic), deadline, lambda text: None)
            if lags:
                raise UserError(f"{group} is {lags[0].behind:,} messages behind after {_WAIT_SECONDS:.0f} s.")
    except KafkaException as error:
        raise UserError(f"Kafka does not answer: {error}") from error


def _where(environ: Mapping[str, str]) -> Connections:
    return connections({**os.environ, **environ}, lambda name: Path(name).read_text(encoding="utf-8"))


def _ask(event: Mapping[str, str], environ: Mapping[str, str], logs: Path) -> Any:
    """The function's answer. Raises `UserError` with its error."""
    template = templates.read(TEMPLATE)
    properties = templates.resolve(
        template["Resources"]["Charts"]["Properties"], templates.defaults(template)
    )
    try:
        with Function(properties["Handler"], environ, logs / "Charts.log", properties["Timeout"]) as function:
            return function.invoke(event)
    except FunctionError as error:
        raise UserError(str(error)) from error


def _shown(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _difference(paths: Sequence[Path], event: Mapping[str, str], answer: Any) -> str | None:
    """The first statistic that the oracle computes otherwise."""
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, paths, frozenset({event["region"].partition("-")[0]}))
        connection.execute(
            "CREATE TEMP TABLE shown AS SELECT * FROM expected WHERE NOT deleted"
            " AND region = $region AND source = $source AND date BETWEEN $from::DATE AND $to::DATE",
            {name: event[name] for name in ("region", "source", "from", "to")},
        )
        rows = connection.execute("SELECT count(*) FROM shown").fetchone()
        if rows != (answer["rows"],):
            return f"rows: {rows} expected, {answer['rows']} found"
        for metric, said in answer["statistics"].items():
            for name, formula in _FIGURES.items():
                statement = f"SELECT {formula.format(_column(metric))} FROM shown"  # noqa: S608 - a known name
                (wanted,) = connection.execute(statement).fetchone() or (None,)
                if not _same(wanted, said[name]):
                    return f"{name} of {metric}: {wanted} expected, {said[name]} found"
    return None


def _column(metric: str) -> str:
    return f'"{metric}"::DOUBLE'


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float | int):
        return math.isclose(wanted, found, rel_tol=RELATIVE, abs_tol=RELATIVE)
    return (str(wanted) if wanted is not None else None) == (str(found) if found is not None else None)
