"""`covid up --detach`: the same in the background; its words are shown until it serves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from covid_cli.errors import UserError
from covid_cli.stack import state

_TICK = 0.1


def detached(home: Path, arguments: Sequence[str]) -> int:
    """Start `covid up ARGUMENTS` in a session of its own and return once it serves.

    The exit code is the child's where it ended instead. Raises `UserError`.
    """
    log = home / "logs" / "up.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            offset = output.tell()
            argv = (sys.executable, "-u", "-m", "covid_cli", "up", *arguments)
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "COLUMNS": "140"},
            )
    except OSError as error:
        raise UserError(f"{home} cannot be written: {error.strerror}. Choose another --home.") from error
    try:
        with log.open("rb") as words:
            words.seek(offset)
            return _follow(home, child, words)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _follow(home: Path, child: subprocess.Popen[bytes], words: IO[bytes]) -> int:
    while True:
        code = child.poll()
        serving = _serves(home, child.pid)
        sys.stdout.write(words.read().decode(errors="replace"))
        sys.stdout.flush()
        if code is not None:
            return code
        if serving:
            print(f"In the background as process {child.pid}; stop it: covid down --home {home}")
            return 0
        time.sleep(_TICK)


def _serves(home: Path, pid: int) -> bool:
    found = state.read(home)
    return bool(found and found.serving and found.supervisor and found.supervisor.pid == pid)
