"""`covid chart`: a region's metric over time, in the terminal or as an image."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.records import plot
from covid_cli.records.api import Api
from covid_cli.records.options import AsOf, First, KnownAt, Last, Region, Source, one_region
from covid_cli.records.words import metric_words
from covid_core import regions

_IMAGES: Final = (".png", ".svg")
_TALLEST: Final = 30


def chart(
    region: Region,
    *,
    metric: Annotated[
        str, typer.Option(help="What to draw, e.g. deaths or positivity_7d.", autocompletion=metric_words)
    ] = "new_confirmed",
    source: Source = "merged",
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_json: Annotated[bool, typer.Option("--json", help="The rows that would be drawn, as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write an image, .png or .svg, instead of printing.")
    ] = None,
    home: Home = None,
) -> None:
    """Print a region's metric over time; with --output, write it as an image."""
    if metric not in plot.METRICS:
        raise UserError(f"There is no metric {metric!r}; there are {', '.join(plot.METRICS)}.")
    one_region(region)
    api = Api(home)
    period = {"source": source, "from": first, "to": last, "as_of": as_of, "known_at": known_at}
    if output is not None:
        _write(api, f"/v1/charts/{region}", {**period, "metric": metric}, output)
        return
    fields = ",".join(plot.fields_for(metric))
    rows = api.get("/v1/metrics", {"region": region, **period, "fields": fields})["data"]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    title = f"{regions.get(region).name} ({region}, {source}): {plot.METRICS[metric].description}"
    if all(row[name] is None for row in rows for name in plot.shown(metric)):
        typer.echo(f"{title}\nThere are no numbers in this period.")
    else:
        size = shutil.get_terminal_size()
        typer.echo(title)
        typer.echo(plot.render(metric, rows, size.columns, min(size.lines, _TALLEST)))
    for note in plot.notes(metric, rows):
        typer.echo(note)


def _write(api: Api, path: str, parameters: dict[str, str | None], output: Path) -> None:
    if output.suffix not in _IMAGES:
        raise UserError(f"--output: {output.name} must end in {' or '.join(_IMAGES)}.")
    image = b"".join(api.stream(path + output.suffix, parameters))
    try:
        output.write_bytes(image)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from None
    typer.echo(f"{output}: {len(image):,} bytes")
