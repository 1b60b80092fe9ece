"""Every platform of `covid batch` is in the table of `covid batch run-all`."""

from __future__ import annotations

import typer

from covid_cli.batch.command import app
from covid_cli.batch.every.platforms import PLATFORMS


def test_run_all_leaves_out_no_command() -> None:
    commands = set(typer.main.get_command(app).commands) - {"run-all"}
    assert {platform.name for platform in PLATFORMS} == commands
    assert {template.split()[0] for platform in PLATFORMS for template in platform.commands} == commands
    assert {platform.number for platform in PLATFORMS} == set(range(1, 12))
