"""Every contract runs twice: on the embedded servers, and on containers of the compose file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Servers
from tests.containers import images
from tests.containers.servers import Servers as ContainerServers
from tests.containers.servers import started


@pytest.fixture(scope="session", params=["embedded", "containers"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers | ContainerServers]:
    """What a store's client needs, as `settings`."""
    if request.param == "embedded":
        yield request.getfixturevalue("embedded")
        return
    try:
        images.bring(
            images.of_services("postgres", "dynamodb", "seaweedfs"), tmp_path_factory.mktemp("images")
        )
    except images.Unavailable as error:
        pytest.skip(str(error))
    with started() as servers:
        yield servers
