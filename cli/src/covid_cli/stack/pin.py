"""`python -m covid_cli.stack.pin`: resolve the jars again with Ivy (part of pyspark) and write `jars.lock`.

Takes two to three minutes and downloads about 240 MB into a folder that is removed afterwards.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from covid_cli import settings
from covid_cli.stack import spark
from covid_cli.stack.java import find_java
from covid_cli.stack.pins import CATALOG, CLUSTER, GROUPS, ON_AWS, Jar, render

_LOCK = Path(__file__).with_name("jars.lock")
_SEPARATOR = "--"
_PATTERN = f"[conf]/[organisation]{_SEPARATOR}[artifact]{_SEPARATOR}[revision].[ext]"
# Native libraries of platforms that Java 17 or DynamoDB Local no longer run on.
_UNWANTED = {"libsqlite4java-linux-i386", "sqlite4java-win32-x86", "sqlite4java-win32-x64"}
# Groups that Spark loads into its own process: what it has already must not come twice.
_IN_SPARK = {"spark", *ON_AWS, *CLUSTER, *CATALOG}
# The SDK that hadoop-aws 3.4.2 was built and released with. Both groups stand on one class path: one version.
_AWS_SDK = "2.29.52"


class Root(NamedTuple):
    """What a group asks for; with what it needs (`without` these artifacts), unless not transitive."""

    group: str
    organisation: str
    name: str
    revision: str
    transitive: bool = True
    without: tuple[str, ...] = ()


ROOTS = (
    Root("kafka", "org.apache.kafka", "kafka_2.13", "4.1.1"),
    # The console producer and its siblings; what else they need would be Kafka Connect.
    Root("kafka", "org.apache.kafka", "kafka-tools", "4.1.1", transitive=False),
    Root("kafka", "org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),  # else the broker logs nothing
    Root("dynamodb", "software.amazon.dynamodb", "DynamoDBLocal", "3.1.0"),
    Root("spark", "org.apache.spark", "spark-sql-kafka-0-10_2.13", "4.1.1"),
    # By itself it would ask for a newer SDK. Its classes are those of 2.2.0, made for SDK 2.26.8, but for a
    # switch of STS to FIPS endpoints. Of the SDK it needs credentials and, for roles of Kubernetes, STS; not
    # the single sign-on of people. Later versions were compiled against newer SDKs, the -all jar holds one.
    Root("msk", "software.amazon.msk", "aws-msk-iam-auth", "2.3.2", transitive=False),
    Root("msk", "software.amazon.awssdk", "sts", _AWS_SDK, without=("netty-nio-client",)),
    # What else it needs is named below; by itself it would bring the whole SDK (640 MB).
    Root("s3a", "org.apache.hadoop", "hadoop-aws", "3.4.2", transitive=False),
    Root("s3a", "software.amazon.awssdk", "s3", _AWS_SDK),
    Root("s3a", "software.amazon.awssdk", "s3-transfer-manager", _AWS_SDK),
    # NameNode, DataNode and the shell; their other classes are the client's, which pyspark has.
    Root("hdfs", "org.apache.hadoop", "hadoop-client-minicluster", "3.4.2", transitive=False),
    # Its catalog speaks to Glue by the SDK, whose other parts `s3a` has; it looks at classes of KMS and STS
    # whatever it is told, and its other HTTP clients are newer than this SDK.
    Root("iceberg", "org.apache.iceberg", "iceberg-spark-runtime-4.1_2.13", "1.12.0", transitive=False),
    Root("iceberg", "software.amazon.awssdk", "glue", _AWS_SDK, transitive=False),
    Root("iceberg", "software.amazon.awssdk", "aws-json-protocol", _AWS_SDK, transitive=False),
    Root("iceberg", "software.amazon.awssdk", "kms", _AWS_SDK, transitive=False),
    Root("iceberg", "software.amazon.awssdk", "sts", _AWS_SDK, transitive=False),
    Root("iceberg", "software.amazon.awssdk", "url-connection-client", _AWS_SDK, transitive=False),
)


def _ivy_xml() -> str:
    configurations = "".join(f'<conf name="{group}"/>' for group in GROUPS)
    dependencies = "".join(_dependency(root) for root in ROOTS)
    return (
        '<ivy-module version="2.0"><info organisation="covid" module="stack"/>'
        f"<configurations>{configurations}</configurations>"
        f"<dependencies>{dependencies}</dependencies></ivy-module>"
    )


def _dependency(root: Root) -> str:
    excluded = "".join(f'<exclude module="{name}"/>' for name in root.without)
    return (
        f'<dependency org="{root.organisation}" name="{root.name}" rev="{root.revision}" '
        f'transitive="{str(root.transitive).lower()}" conf="{root.group}->default">{excluded}</dependency>'
    )


def _settings_xml(repository: str, cache: Path) -> str:
    return (
        '<ivysettings><settings defaultResolver="maven"/>'
        f'<caches defaultCacheDir="{cache}"/><resolvers>'
        f'<ibiblio name="maven" m2compatible="true" root="{repository.rstrip("/")}/"/>'
        "</resolvers></ivysettings>"
    )


def _read(file: Path) -> Jar:
    organisation, artifact, rest = file.name.split(_SEPARATOR)
    version, kind = rest.rsplit(".", 1)
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Jar(file.parent.name, organisation, artifact, version, kind, len(content), digest)


def resolve(repository: str) -> list[Jar]:
    """Every jar the roots need, except what pyspark has itself. Raises `CalledProcessError`."""
    present = {_artifact(path) for path in (spark.home() / "jars").glob("*.jar")}
    present.add("commons-logging")  # pyspark's jcl-over-slf4j takes its place
    ivy = next((spark.home() / "jars").glob("ivy-*.jar"))
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
        if jar.artifact not in _UNWANTED and not (jar.group in _IN_SPARK and jar.artifact in present)
    ]


def _artifact(jar: Path) -> str:
    """A jar's name without its version, which begins with the first hyphen before a digit."""
    return re.split(r"-(?=\d)", jar.stem, maxsplit=1)[0]


if __name__ == "__main__":
    _LOCK.write_text(render(resolve(settings.read().maven_repo)), encoding="utf-8")
