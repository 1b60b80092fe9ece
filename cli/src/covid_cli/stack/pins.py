"""The jars that are pinned: which, and their checksums (`jars.lock`, written by `pin`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple

EMBEDDED = ("kafka", "dynamodb", "spark")
"""What the embedded stack runs, and `covid up` fetches."""
ON_AWS = ("msk", "s3a")
"""What the stream needs beside `spark` on AWS: IAM for Kafka's clients, and `s3a://` for its checkpoint. Its
image holds them; the embedded stack never asks for them, batch jobs that read S3 here do for `s3a`."""
CLUSTER = ("hdfs",)
"""What `covid batch emr` runs beside Spark's jars and `s3a`."""
CATALOG = ("iceberg",)
"""What `covid batch glue` runs beside Spark's jars and `s3a`: Iceberg with a catalog of AWS Glue."""
GROUPS = (*EMBEDDED, *ON_AWS, *CLUSTER, *CATALOG)
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
_HEADER = "# group  group-id:artifact-id:version:type  bytes  sha-256\n"


class Jar(NamedTuple):
    """One file of a Maven repository; `size` is in bytes."""

    group: str
    organisation: str
    artifact: str
    version: str
    type: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name, the same in the repository and in the cache."""
        return f"{self.artifact}-{self.version}.{self.type}"

    @property
    def path(self) -> str:
        """The file's path in a Maven repository."""
        return f"{self.organisation.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


def parse(text: str) -> list[Jar]:
    """Read a lock file. Raises `ValueError` on a malformed line."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            group, coordinate, size, sha256 = line.split()
            organisation, artifact, version, kind = coordinate.split(":")
            jars.append(Jar(group, organisation, artifact, version, kind, int(size), sha256))
    return jars


def render(jars: Iterable[Jar]) -> str:
    """Write a lock file, sorted, so that a change of one pin is a change of one line."""
    lines = (
        f"{jar.group} {jar.organisation}:{jar.artifact}:{jar.version}:{jar.type} {jar.size} {jar.sha256}\n"
        for jar in sorted(jars)
    )
    return _HEADER + "".join(lines)


def pinned(group: str) -> list[Jar]:
    """The jars of one group, as this version of the package pins them."""
    text = files("covid_cli.stack").joinpath("jars.lock").read_text(encoding="utf-8")
    return [jar for jar in parse(text) if jar.group == group]


def fingerprint(jars: Iterable[Jar]) -> str:
    """Twelve hexadecimal digits that change when any pin does."""
    return hashlib.sha256(render(jars).encode()).hexdigest()[:12]
