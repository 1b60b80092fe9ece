"""What `covid up` prints once everything is there: figures, addresses, and lines to copy."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from covid_cli.errors import UserError
from covid_core import regions
from covid_core.errors import first_line

_PLACES = ("CA", *regions.PROVINCES)
_FIELDS = "confirmed,deaths,new_confirmed,avg7_confirmed,incidence,case_fatality_ratio"


def figures(url: str, key: str) -> tuple[str, list[dict[str, Any]]]:
    """The newest day on which Canada's cases are known, and that day's rows. ("", []) where there is none.

    Raises `UserError` when the API does not answer.
    """
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, timeout=30, trust_env=False, headers=headers) as client:
        try:
            canada = _rows(client, {"region": "CA", "fields": "confirmed"})
            known = [row["date"] for row in canada if row.get("confirmed") is not None]
            if not known:
                return "", []
            day = max(known)
            query = {"region": ",".join(_PLACES), "from": day, "to": day, "fields": _FIELDS}
            rows = _rows(client, query)
        except httpx.HTTPError as error:
            reason = first_line(error)
            raise UserError(f"The API at {url} does not answer ({reason}): see its log.") from error
    order = {code: index for index, code in enumerate(_PLACES)}
    return day, sorted(rows, key=lambda row: order[row["region"]])


def _rows(client: httpx.Client, query: Mapping[str, str]) -> list[dict[str, Any]]:
    answer = client.get("/v1/metrics", params=query)
    answer.raise_for_status()
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def table(day: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Canada and the provinces on one day."""
    shown = Table(title=f"{day} (source: merged)", title_justify="left", box=None, pad_edge=False)
    shown.add_column("region")
    for heading in ("cases", "deaths", "new cases", "7-day avg", "per 100,000", "fatality"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(
            regions.get(row["region"]).name,
            _number(row.get("confirmed"), ",d"),
            _number(row.get("deaths"), ",d"),
            _number(row.get("new_confirmed"), "+,d"),
            _number(row.get("avg7_confirmed"), ",.1f"),
            _number(row.get("incidence"), ",.1f"),
            _number(row.get("case_fatality_ratio"), ".2%"),
        )
    return shown


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def examples(url: str, key: str) -> list[tuple[str, str]]:
    """What each endpoint is for, and a line to copy. `key`: as a shell reads it between double quotes."""
    authorised = f'-H "Authorization: Bearer {key}"'
    record = (
        '{"source": "my-lab", "region": "CA-ON", "date": "2021-01-02", "confirmed": 190000, "deaths": 4650}'
    )
    wanted = "my-lab:CA-ON:2021-01-02"
    return [
        ("sources", f"curl '{url}/v1/sources'"),
        ("regions", f"curl '{url}/v1/regions'"),
        ("rows", f"curl '{url}/v1/metrics?region=CA-ON&from=2021-01-01&to=2021-01-07&format=csv'"),
        (
            "insert or correct",
            f"curl -X POST '{url}/v1/records?wait=10' {authorised} -H 'Content-Type: application/json' "
            f"-d '{record}'",
        ),
        ("one record", f"curl '{url}/v1/records?id={wanted}'"),
        ("delete", f"curl -X DELETE '{url}/v1/records?id={wanted}' {authorised}"),
        ("undo", f"curl -X POST '{url}/v1/records/withdraw?id={wanted}' {authorised}"),
        ("health", f"curl '{url}/readyz'"),
        ("measurements", f"curl '{url}/metrics'"),
    ]


def show(console: Console, url: str, key: str, home: str) -> None:
    """Print all of it; in place of the figures why there are none, since everything runs all the same."""
    day, rows = "", list[dict[str, Any]]()
    try:
        day, rows = figures(url, key)
    except UserError as error:
        print_line(console, str(error))
    if rows:
        console.print(table(day, rows))
        console.print()
    print_line(console, f"Dashboard {url}/   documentation of the API {url}/docs")
    lines = examples(url, key)
    if not console.is_terminal:
        # What is not read by a person now stands in a log: no key in it, but how to get it.
        asked = f"covid status --json --home {shlex.quote(home)}"
        python = """python3 -c 'import json, sys; print(json.load(sys.stdin)["api"]["write_key"])'"""
        lines = [("write key", f"KEY=$({asked} | {python})"), *examples(url, "$KEY")]
    for purpose, line in lines:
        print_line(console, f"  {purpose + ':':<18} {line}")
    print_line(console, f"Everything else (stores, credentials, lag): covid status --home {home}")


def print_line(console: Console, line: str) -> None:
    """A line to copy: never wrapped, never coloured."""
    console.print(line, highlight=False, soft_wrap=True, markup=False)
