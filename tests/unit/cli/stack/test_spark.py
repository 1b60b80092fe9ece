"""What a process that starts Spark finds in its environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covid_cli.batch import spark as batch
from covid_cli.stack import classes, spark
from covid_cli.stack.ports import DEFAULTS
from covid_cli.stack.services import stream

JAVA = Path("/opt/java/bin/java")


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Spark that a person has installed for other work."""
    monkeypatch.setenv("SPARK_HOME", "/opt/spark-3.5")
    monkeypatch.setenv("SPARK_CONF_DIR", "/opt/spark-3.5/conf")


def test_java_and_spark_are_those_that_were_found() -> None:
    assert spark.environment(JAVA, ()) == {
        "JAVA_HOME": "/opt/java",
        "SPARK_HOME": str(spark.home()),
        "SPARK_CONF_DIR": f"{spark.home()}/conf",
    }
    assert (spark.home() / "bin" / "spark-submit").exists()


def test_options_that_a_person_gave_to_spark_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_SUBMIT_OPTS", raising=False)
    found = spark.environment(JAVA, ("-XX:SharedArchiveFile=/a folder/a.jsa",))
    assert found["SPARK_SUBMIT_OPTS"] == "'-XX:SharedArchiveFile=/a folder/a.jsa'"
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Dmine=1")
    assert "SPARK_SUBMIT_OPTS" not in spark.environment(JAVA, ("-Xshare:auto",))


@pytest.mark.usefixtures("another")
def test_the_stream_runs_on_the_spark_of_its_own_package() -> None:
    part = stream(spark.environment(JAVA, ()), DEFAULTS)
    own_spark({**os.environ, **part.command.environment})


@pytest.mark.usefixtures("another")
@pytest.mark.parametrize("archive", [(), ("-XX:SharedArchiveFile=a.jsa",)])
def test_batch_jobs_run_on_the_spark_of_their_own_package(
    monkeypatch: pytest.MonkeyPatch, archive: tuple[str, ...]
) -> None:
    monkeypatch.setattr(batch, "find_java", lambda: JAVA)
    monkeypatch.setattr(classes, "archives", lambda *_: {"stream": Path("a.jsa")})
    monkeypatch.setattr(classes, "use", lambda _: archive)
    for variables in (batch.environment(), batch.own_jvm()):
        own_spark({**os.environ, **variables})


def own_spark(environ: dict[str, str]) -> None:
    assert environ["SPARK_HOME"] == str(spark.home())
    assert environ["SPARK_CONF_DIR"] == f"{spark.home()}/conf"
