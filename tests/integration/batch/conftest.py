"""An emulator of AWS's control planes for the tests of the batch platforms."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from covid_cli.stack.ports import fresh
from covid_cli.stack.servers.moto import moto, url
from covid_cli.stack.supervisor import Supervisor


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of moto's server. Tests share it, so each takes names of its own."""
    ports = fresh(["moto"])
    supervisor = Supervisor(tmp_path_factory.mktemp("emulator"))
    try:
        supervisor.launch([moto(ports)])
        yield url(ports)
    finally:
        supervisor.stop([["moto"]])


@pytest.fixture
def unique() -> str:
    """A name that no other test has."""
    return f"test-{uuid4().hex[:12]}"
