"""The command `covid`: one module a command, and one place where an error becomes a sentence."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from covid_cli.errors import UserError
from covid_cli.examples import shown
from covid_core import proxies


class Command(NamedTuple):
    """Where a command is, as `module:function`, and what it does, for the list of commands."""

    place: str
    summary: str


COMMANDS = {
    "up": Command("covid_cli.up.command:command", "Start everything, publish, verify and serve."),
    "warm": Command("covid_cli.warm:command", "Make starts quick: fetch jars, archive Java classes (once)."),
    "down": Command("covid_cli.stop:command", "Stop a running stack; its data stays."),
    "status": Command(
        "covid_cli.status.command:command", "Parts, health, lag; how to connect to each store."
    ),
    "doctor": Command(
        "covid_cli.doctor.command:command", "Check this machine and the stack, and say what to do."
    ),
    "init": Command("covid_cli.init:command", "Make the topics, bucket and databases of a deployment."),
    "publish": Command("covid_cli.publish:command", "Publish files of PHAC or JHU, once or watching."),
    "query": Command("covid_cli.records.query:query", "Print the counts and metrics of a region."),
    "chart": Command(
        "covid_cli.records.chart:chart", "Print a metric of a region over time, or write an image."
    ),
    "delete": Command("covid_cli.records.delete:delete", "Delete a record, in every store."),
    "keys": Command("covid_cli.keys:app", "Make, list and revoke the API's keys."),
    "alerts": Command("covid_cli.alerts.command:app", "What the rules of alerts say, or would have said."),
    "nowcast": Command("covid_cli.nowcast.command:app", "The latest days' counts as they will stand later."),
    "verify": Command("covid_cli.verify.command:command", "Compare every store with the log."),
    "dlq": Command("covid_cli.dlq.command:app", "What was refused: list, show, replay, drop."),
    "backfill": Command("covid_cli.backfill:backfill", "Fill in history, or refill a store, by Spark."),
    "rebuild": Command("covid_cli.rebuild:command", "Send a store its rows again, from covid.metrics."),
    "restore": Command("covid_cli.backfill:restore", "Refill a lost log from the archive."),
    "maintain": Command(
        "covid_cli.maintain:command", "Merge the lake's small files, expire its old snapshots."
    ),
    "batch": Command("covid_cli.batch.command:app", "Run a batch job and compare it with the oracle."),
    "stream": Command("covid_cli.stream.command:app", "Watch the stream's micro-batches."),
    "kafka": Command("covid_cli.kafka_tools:command", "Run one of Kafka's own tools, e.g. console-producer."),
}

_THIS_MACHINE = ("127.0.0.1", "localhost")

_FORWARD = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
_FORWARDING = {"publish", "kafka", "backfill", "restore", "maintain"}


class _HelpBefore(TyperCommand):
    """Has a `--help` of its own before its first argument; what stands behind that is another's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] == ["--help"]:
            typer.echo(self.get_help(ctx))
            ctx.exit()
        return super().parse_args(ctx, args)


class _OnDemand(TyperGroup):
    """Imports only the command that runs: DuckDB and Arrow, say, would stay in the memory of `covid up`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """The commands by their list: to import them all would take longer than one waits at a Tab."""
        listing = TyperGroup(name=self.name, params=self.params, commands=_listed())
        return listing.shell_complete(listing.context_class(listing, info_name=ctx.info_name), incomplete)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        one = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        settings = _FORWARD if cmd_name in _FORWARDING else {}
        module, function = COMMANDS[cmd_name].place.split(":")
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            raise UserError(
                f"`covid {cmd_name}` needs {error.name}, which is not installed: covid-cli[embedded] has it."
            ) from error
        command = getattr(found, function)
        if isinstance(command, typer.Typer):
            return shown(typer.main.get_command(command), (cmd_name,))
        kind = _HelpBefore if cmd_name == "kafka" else None
        one.command(cmd_name, cls=kind, context_settings=settings)(command)
        return shown(typer.main.get_command(one), (cmd_name,))


def _listed() -> dict[str, Any]:
    """A command of each name that says what it does, and does nothing."""
    return {
        name: TyperCommand(name, help=command.summary, short_help=command.summary)
        for name, command in COMMANDS.items()
    }


app = typer.Typer(
    name="covid",
    cls=_OnDemand,
    help="COVID-19 figures from the publishers' files to four stores and an API, on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _root() -> None:
    """Make it a group: its commands are found by `_OnDemand`."""


def main() -> None:
    """Run a command. Exit codes: its own, 1 for a problem that the message explains, 2 for wrong usage."""
    # The servers of a stack listen here, and no proxy reaches them. Children inherit it.
    proxies.never_for(_THIS_MACHINE, os.environ)
    try:
        app()
    except UserError as error:
        print(f"covid: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
