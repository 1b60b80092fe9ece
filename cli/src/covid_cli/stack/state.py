"""`stack.json` in a stack's home: what the next `covid up`, `covid status` and `covid down` need to know."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import IO

import msgspec
import psutil

from covid_cli.errors import UserError
from covid_cli.stack.config import Credentials

_NAME = "stack.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux's name of the boot, another each time."""


class Child(msgspec.Struct, frozen=True):
    """A process, told from a later one with the same id by its start.

    `created` is in seconds since the boot that `boot` names, so that no step of the clock moves it. Where
    `boot` is empty, as on a system that names none and in a file of an older release, it is since 1970.
    """

    pid: int
    created: float
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> Child | None:
        """The process with this id; None when it has ended."""
        boot = _boot()
        try:
            return cls(pid, _created(psutil.Process(pid), boot), boot)
        except psutil.Error:
            return None

    def process(self) -> psutil.Process | None:
        """The process, if it is still the same one and runs."""
        if self.boot and self.boot != _boot():
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(_created(process, self.boot) - self.created) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _created(process: psutil.Process, boot: str) -> float:
    created = process.create_time()
    # Linux counts from the boot: psutil adds the boot's time, which moves with the clock.
    return created - psutil.boot_time() if boot else created


class StackState(msgspec.Struct, kw_only=True):
    """Everything that outlives the process that runs the stack."""

    credentials: Credentials
    ports: dict[str, int] = {}
    environment: dict[str, str] = {}
    supervisor: Child | None = None
    parts: dict[str, Child] = {}
    serving: bool = False
    """Whether `covid up` has reached the point where it only serves."""


_writing = threading.Lock()


def read(home: Path) -> StackState | None:
    """The state of a home; None where no stack has ever been. Raises `UserError` when damaged."""
    file = home / _NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=StackState)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} is damaged ({error}): remove {home} to start afresh, or choose another --home."
        ) from error


def write(home: Path, state: StackState) -> None:
    """Replace the state as a whole; only its owner may read it, since it holds passwords."""
    with _writing:
        file = home / _NAME
        draft = file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=2))
        draft.replace(file)


def lock(home: Path) -> IO[bytes]:
    """Hold the home for as long as the returned file is open. Raises `UserError` when it is held."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / "lock").open("ab")
    except OSError as error:
        raise UserError(f"{home} cannot be written: {error.strerror}. Choose another --home.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UserError(
            f"A stack already runs in {home}: stop it with `covid down --home {home}`, or choose another "
            "--home."
        ) from None
    return file
