"""Which data `covid up` publishes: a folder, the publishers' own files, or an invented epidemic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from covid_cli.errors import UserError


@dataclass(frozen=True)
class Data:
    """What to hand to the producer, and a sentence that says what it is."""

    targets: tuple[str, ...]
    sentence: str
    is_download: bool = False


def chosen(option: Path | None, setting: str | None) -> Data:
    """`--data`, else COVID_DATA_DIR, else a download. Raises `UserError` for a folder that is not there."""
    for folder, name in ((option, "--data"), (Path(setting) if setting else None, "COVID_DATA_DIR")):
        if folder is not None:
            where = folder.expanduser().absolute()
            if not where.exists():
                raise UserError(f"{where} ({name}) does not exist: name a folder of PHAC's or JHU's files.")
            return Data((str(where),), f"Data: the publishers' files in {where} ({name}).")
    return Data(
        ("phac", "jhu"),
        "Data: downloaded from PHAC and JHU (--data DIR or COVID_DATA_DIR publishes files of yours).",
        is_download=True,
    )


def invented(home: Path) -> Data:
    """A seeded epidemic, written into the home in the publishers' formats."""
    from covid_cli import generator  # noqa: PLC0415 - NumPy, for the few who need it

    folder = home / "invented"
    generator.write(folder)
    return Data(
        (str(folder),),
        "Data: INVENTED numbers from a seeded generator, since the publishers could not be reached; "
        "--data DIR or COVID_DATA_DIR publishes real files.",
    )
