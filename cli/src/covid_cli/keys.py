"""`covid keys`: make, list and revoke the keys of the API."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from covid_cli import home as homes
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.settings import group
from covid_core import keys
from covid_core.environment import variable
from covid_core.keys import BadList, Key, Scope
from covid_core.settings import ApiSettings

_SETTING = variable(ApiSettings, "keys")
_MODE = 0o640
"""Of a new list: its owner writes; the API may be of the owner's group."""

app = typer.Typer(
    help=f"Keys of the API. Their list is --file, else what {_SETTING} names, else that of the stack in "
    "--home. The API takes up a change by itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

File = Annotated[Path | None, typer.Option("--file", help="The list of keys.", show_default=False)]

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for people; up to 80 characters.")],
    scope: Annotated[
        Scope, typer.Option(help="What it may do: write includes read, admin includes write.")
    ] = Scope.READ,
    file: File = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Make a key and print it, this once: the list keeps only its SHA-256."""
    if not 0 < len(name.strip()) <= 80 or not name.isprintable():
        raise UserError(
            "A key needs a name of 1 to 80 printable characters, so that people know whose it is."
        )
    with _changing(_list(file, home)) as listed:
        taken = {key.id for key in listed}
        while True:
            text = keys.text_of(secrets.token_urlsafe(keys.SECRET_BYTES))
            key = Key(name=name.strip(), scope=scope, sha256=keys.digest(text), created=_now())
            if key.id not in taken:
                break
        listed.append(key)
    if json:
        typer.echo(
            msgspec.json.encode({"id": key.id, "scope": scope, "name": key.name, "key": text}).decode()
        )
        return
    typer.echo(f"Key {key.id} may {scope}. It is shown this once:", err=True)
    typer.echo(text)


@app.command("list")
def show(
    file: File = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """List the keys, revoked ones too: their ids name who wrote (`api:ID`)."""
    listed = _read(_list(file, home))
    if json:
        rows = [{"id": key.id, **msgspec.to_builtins(key)} for key in listed]
        for row in rows:
            del row["sha256"]
        typer.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    table = Table("id", "scope", "name", "created", "revoked", box=None, pad_edge=False)
    for key in listed:
        table.add_row(key.id, key.scope, escape(key.name), _day(key.created), _day(key.revoked))
    Console().print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `covid keys list` shows it.")],
    file: File = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """End a key. It stays listed, since records name it."""
    path = _list(file, home)
    with _changing(path) as listed:
        at = next((index for index, key in enumerate(listed) if key.id == key_id), None)
        if at is None:
            raise UserError(f"{path} has no key {key_id}: `covid keys list` shows what there is.")
        if listed[at].revoked is not None:
            raise UserError(f"Key {key_id} was revoked on {_day(listed[at].revoked)} already.")
        listed[at] = msgspec.structs.replace(listed[at], revoked=_now())
    if json:
        typer.echo(msgspec.json.encode({"id": key_id, "revoked": listed[at].revoked}).decode())
    else:
        typer.echo(f"Key {key_id} ({listed[at].name}) is revoked.")


def _list(file: Path | None, home: Path | None) -> Path:
    """Which list is meant. Raises `UserError`."""
    if file is not None:
        return file.expanduser().absolute()
    environ = os.environ if home is None else {}
    named = group(ApiSettings, environ).keys
    if named is None:
        where, state = homes.known(home)
        named = group(ApiSettings, state.environment).keys
    if named is None:
        raise UserError(f"The stack in {where} is of an older version: start it once more, or give --file.")
    return Path(named)


def _read(path: Path) -> list[Key]:
    try:
        return keys.parse(path.read_bytes())
    except FileNotFoundError:
        return []
    except BadList as error:
        raise UserError(f"{path}: {error}. Mend or remove that line.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error


@contextmanager
def _changing(path: Path) -> Iterator[list[Key]]:
    """The keys, to be changed: written back as a whole where nothing went wrong, one command at a time."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"{path.parent} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        listed = _read(path)
        yield listed
        _replace(path, keys.encode(listed))
        os.fsync(folder)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        os.close(folder)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    before = path.stat() if path.exists() else None
    mode = _MODE if before is None else before.st_mode & 0o777
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        if before is not None:
            # The service's own, though root revokes a key. Only root may give a file away.
            with suppress(PermissionError):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _day(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()
