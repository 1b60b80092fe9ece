"""`covid status`, for people and as JSON."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from covid_cli import home as homes
from covid_cli.home import Home
from covid_cli.progress import telling
from covid_cli.status.collect import collect


def command(
    home: Home = None,
    json: Annotated[bool, typer.Option("--json", help="Everything, credentials included, as JSON.")] = False,
) -> None:
    """Show the parts, their health and lag, and how to connect to each store. Exits 0 when all is well."""
    where, state = homes.known(home)
    with telling("asking the parts"):
        found = collect(where, state)
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        show(Console(), found)
    well = found["running"] and all(part["healthy"] for part in found["parts"].values())
    raise typer.Exit(0 if well else 1)


def show(console: Console, found: dict[str, Any]) -> None:
    """Print what `collect` found."""
    running = "running" if found["running"] else "not running"
    console.print(f"{found['home']}: {running}", highlight=False, soft_wrap=True)
    if found["running"]:
        console.print(_parts(found))
    if found["lag"] is not None:
        console.print(_lag(found))
    for topic, count in (found["dead_letters"] or {}).items():
        console.print(f"{topic}: {count} refused", highlight=False)
    if found["running"]:
        console.print(_connections(found))


def _parts(found: dict[str, Any]) -> Table:
    table = Table("part", "health", "pid", "memory", box=None, pad_edge=False)
    table.columns[3].justify = "right"
    for name, part in found["parts"].items():
        word = "[green]healthy[/]" if part["healthy"] else "[red]down[/]"
        table.add_row(name, word, str(part["pid"] or ""), f"{part['memory'] / 2**20:,.0f} MB")
    table.add_row("all", "", str(found["pid"]), f"{found['memory'] / 2**20:,.0f} MB")
    return table


def _lag(found: dict[str, Any]) -> Table:
    table = Table("group", "topic", "behind", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for row in found["lag"]:
        table.add_row(row["group"], row["topic"], f"{row['behind']:,}")
    return table


def _connections(found: dict[str, Any]) -> Table:
    table = Table("to connect", "", box=None, pad_edge=False, show_lines=False)
    table.columns[1].overflow = "fold"
    table.add_row("kafka", found["kafka"]["bootstrap"])
    table.add_row("api", f"{found['api']['url']}  write key {found['api']['write_key']}")
    for name, store in found["stores"].items():
        for index, (key, value) in enumerate(_flat(store)):
            table.add_row(name if index == 0 else "", f"{key} {value}")
    return table


def _flat(store: dict[str, Any]) -> list[tuple[str, Any]]:
    """The entries that a person needs; a URL says what its parts say."""
    if "url" in store:
        return [("url", store["url"]), ("table", store["table"])]
    pairs = []
    for key, value in store.items():
        if isinstance(value, dict):
            pairs += [(f"{key} {inner}", text) for inner, text in value.items()]
        else:
            pairs.append((key, ", ".join(value) if isinstance(value, list) else value))
    return pairs
