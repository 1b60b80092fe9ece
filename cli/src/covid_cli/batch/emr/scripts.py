"""What the bucket of a run holds beside publishers' files: EMR's scripts, and the package they unpack."""

from __future__ import annotations

import tarfile
from importlib.util import find_spec
from pathlib import Path

from covid_cli.batch.checkout import cloud
from covid_cli.errors import UserError

BOOTSTRAP, TO_HDFS, JOB, PACKAGE = "bootstrap.sh", "to-hdfs.sh", "job.py", "package.tar.gz"
_OURS = ("covid_batch", "covid_core")


def job_files(draft: Path) -> dict[str, Path]:
    """The files of `covid/job/` by name; what has to be made is made in a folder. Raises `UserError`."""
    folder = cloud("emr")
    return {
        **{name: folder / name for name in (BOOTSTRAP, TO_HDFS, JOB)},
        PACKAGE: _pack(draft / PACKAGE),
    }


def _pack(archive: Path) -> Path:
    """Our packages alone; what they need is installed on this machine's nodes already.

    `make emr-package` writes the archive for AWS, whose nodes have nothing.
    """
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for name in _OURS:
            spec = find_spec(name)
            if spec is None or not spec.submodule_search_locations:
                raise UserError(f"The package {name} is not installed: run `make setup`.")
            tar.add(next(iter(spec.submodule_search_locations)), arcname=name, filter=_sources)
    return archive


def _sources(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name == "__pycache__" else member
