"""`covid delete`: delete a record everywhere."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from covid_cli.home import Home
from covid_cli.records.api import Api

UNCONFIRMED: Final = 2
"""Exit code of a deletion that is in the log and that DynamoDB does not show yet."""


def delete(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="source:region:date.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the confirmation.", min=0, max=60)] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer.")] = False,
    home: Home = None,
) -> None:
    """Delete a record, in every store; the metrics of the following days are corrected too.

    Exit codes: 0 DynamoDB confirms it; 1 there is no such record, or an error; 2 the deletion is in the log,
    and DynamoDB does not show it yet.
    """
    api = Api(home)
    answer = api.delete("/v1/records", {"id": record_id}, wait)
    body = answer.json()
    if as_json:
        typer.echo(json.dumps(body))
        raise typer.Exit(0 if body["confirmed"] else UNCONFIRMED)
    place = f"{body['topic']}, partition {body['partition']}, offset {body['offset']}"
    if not body["confirmed"]:
        typer.echo(f"The deletion of {record_id} is in the log ({place}); DynamoDB does not show it yet.")
        raise typer.Exit(UNCONFIRMED)
    typer.echo(f"{record_id} is deleted, which DynamoDB confirms ({place}).")
