"""`python -m covid_cli.stack.pin`: resolve the jars again with Ivy (part of pyspark) and write `jars.lock`.

Takes two to three minutes and downloads about 160 MB into a folder that is removed afterwards.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from covid_cli import settings
from covid_cli.stack.java import find_java
from covid_cli.stack.pins import GROUPS, Jar, render

_LOCK = Path(__file__).with_name("jars.lock")
_SEPARATOR = "--"
_PATTERN = f"[conf]/[organisation]{_SEPARATOR}[artifact]{_SEPARATOR}[revision].[ext]"
# Native libraries of platforms that Java 17 or DynamoDB Local no longer run on.
_UNWANTED = {"libsqlite4java-linux-i386", "sqlite4java-win32-x86", "sqlite4java-win32-x64"}


class Root(NamedTuple):
    """What a group asks for; with what it needs, unless not transitive."""

    group: str
    organisation: str
    name: str
    revision: str
    transitive: bool = True


ROOTS = (
    Root("kafka", "org.apache.kafka", "kafka_2.13", "4.1.1"),
    # The console producer and its siblings; what else they need would be Kafka Connect.
    Root("kafka", "org.apache.kafka", "kafka-tools", "4.1.1", transitive=False),
    Root("kafka", "org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),  # else the broker logs nothing
    Root("dynamodb", "software.amazon.dynamodb", "DynamoDBLocal", "3.1.0"),
    Root("spark", "org.apache.spark", "spark-sql-kafka-0-10_2.13", "4.1.1"),
)


def _ivy_xml() -> str:
    configurations = "".join(f'<conf name="{group}"/>' for group in GROUPS)
    dependencies = "".join(
        f'<dependency org="{root.organisation}" name="{root.name}" rev="{root.revision}" '
        f'transitive="{str(root.transitive).lower()}" conf="{root.group}->default"/>'
        for root in ROOTS
    )
    return (
        '<ivy-module version="2.0"><info organisation="covid" module="stack"/>'
        f"<configurations>{configurations}</configurations>"
        f"<dependencies>{dependencies}</dependencies></ivy-module>"
    )


def _settings_xml(repository: str, cache: Path) -> str:
    return (
        '<ivysettings><settings defaultResolver="maven"/>'
        f'<caches defaultCacheDir="{cache}"/><resolvers>'
        f'<ibiblio name="maven" m2compatible="true" root="{repository.rstrip("/")}/"/>'
        "</resolvers></ivysettings>"
    )


def _pyspark_jars() -> Path:
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pyspark, which brings Ivy, is not installed: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations))) / "jars"


def _read(file: Path) -> Jar:
    organisation, artifact, rest = file.name.split(_SEPARATOR)
    version, kind = rest.rsplit(".", 1)
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Jar(file.parent.name, organisation, artifact, version, kind, len(content), digest)


def resolve(repository: str) -> list[Jar]:
    """Every jar the roots need, except what pyspark has itself. Raises `CalledProcessError`."""
    present = {path.name for path in _pyspark_jars().glob("*.jar")}
    ivy = next(_pyspark_jars().glob("ivy-*.jar"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ivy.xml").write_text(_ivy_xml(), encoding="utf-8")
        (folder / "settings.xml").write_text(_settings_xml(repository, folder / "cache"), encoding="utf-8")
        command = [str(find_java()), "-jar", str(ivy), "-ivy", "ivy.xml", "-settings", "settings.xml"]
        subprocess.run([*command, "-retrieve", f"out/{_PATTERN}"], cwd=folder, check=True)
        jars = [_read(file) for file in folder.glob("out/*/*")]
    return [
        jar
        for jar in jars
        if jar.artifact not in _UNWANTED and not (jar.group == "spark" and jar.name in present)
    ]


if __name__ == "__main__":
    _LOCK.write_text(render(resolve(settings.read().maven_repo)), encoding="utf-8")
