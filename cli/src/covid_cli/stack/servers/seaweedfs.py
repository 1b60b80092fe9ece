"""SeaweedFS as S3: master, volume server, filer and gateway in one process."""

from __future__ import annotations

import json
import shutil
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command

_LEAST_FREE = "256MiB"


def _weed() -> str:
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("weed", path=scripts) or shutil.which("weed")
    if found is None:
        raise UserError("SeaweedFS (the `weed` program) is not installed: run `make setup`.")
    return found


def _identities(access_key: str, secret_key: str) -> str:
    identity = {
        "name": "covid",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return json.dumps({"identities": [identity]})


def healthy(ports: Mapping[str, int]) -> Callable[[], bool]:
    """A check that the gateway answers; it starts last."""
    return answers(f"http://{HOST}:{ports['s3']}/status")


def seaweedfs(home: Path, ports: Mapping[str, int], access_key: str, secret_key: str) -> Part:
    """The server. Bind it to loopback: its master, volume server and filer ask for no password."""
    data, config = home / "seaweedfs" / "data", home / "seaweedfs" / "s3.json"

    def prepare() -> None:
        data.mkdir(parents=True, exist_ok=True)
        config.touch(mode=0o600)
        config.write_text(_identities(access_key, secret_key), encoding="utf-8")

    def tidy() -> None:
        # Left behind for each port, in a place that cannot be set.
        for port in ports.values():
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108
                socket.unlink(missing_ok=True)

    command = Command(
        (
            _weed(),
            "-logtostderr=true",
            "server",
            f"-dir={data}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            f"-master.port={ports['seaweedfs-master']}",
            f"-master.port.grpc={ports['seaweedfs-master-grpc']}",
            "-master.peers=none",  # alone: leader at once, without an election
            "-master.volumeSizeLimitMB=64",
            f"-volume.port={ports['seaweedfs-volume']}",
            f"-volume.port.grpc={ports['seaweedfs-volume-grpc']}",
            "-volume.max=40",
            # Not the hundredth of the disk that it keeps free otherwise: on a large disk that is gigabytes,
            # and every write would fail with a word about an internal error long before anything is full.
            f"-volume.minFreeSpace={_LEAST_FREE}",
            "-volume.preStopSeconds=0",  # no other server to hand over to
            f"-filer.port={ports['seaweedfs-filer']}",
            f"-filer.port.grpc={ports['seaweedfs-filer-grpc']}",
            "-s3",
            f"-s3.config={config}",
            f"-s3.port={ports['s3']}",
            f"-s3.port.grpc={ports['s3-grpc']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ),
        # Go counts buffers that were asked for and never touched: of 256 MiB it held half and still collected
        # garbage all the time.
        environment={"GOMEMLIMIT": "512MiB"},
    )
    # The volume server closes its files at once; what then takes up to ten seconds is the filer waiting for
    # its own gateway to hang up.
    return Part("seaweedfs", command, healthy(ports), prepare, tidy, stop_seconds=3)
