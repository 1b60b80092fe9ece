"""Which data `covid up` publishes: a folder, or the publishers' own files, or an invented epidemic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from covid_cli.errors import UserError
from covid_core.settings import ProducerSettings


@dataclass(frozen=True)
class Data:
    """What to hand to the producer as arguments, and a sentence that says what it is."""

    arguments: tuple[str, ...]
    sentence: str


def chosen(option: Path | None, setting: str | None) -> Data:
    """`--data`, else COVID_DATA_DIR, else a download. Raises `UserError` for a folder that is not there."""
    for folder, name in ((option, "--data"), (Path(setting) if setting else None, "COVID_DATA_DIR")):
        if folder is not None:
            where = folder.expanduser().absolute()
            if not where.exists():
                raise UserError(f"{where} ({name}) does not exist: name a folder of PHAC's or JHU's files.")
            return Data((str(where),), f"Data: the publishers' files in {where} ({name}).")
    return Data(
        (*ProducerSettings().watch.split(), "--or-invent"),
        "Data: downloaded from PHAC and JHU (--data DIR or COVID_DATA_DIR publishes files of yours).",
    )
