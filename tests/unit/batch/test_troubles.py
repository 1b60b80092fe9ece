"""Java's exceptions as sentences."""

from __future__ import annotations

import pytest

from covid_batch.troubles import sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "An error occurred while calling o57.load.\n: java.nio.file.AccessDeniedException: "
            "s3a://covid/data: getFileStatus on s3a://covid/data: S3Exception: (Status Code: 403)",
            "S3 refused the credentials for s3a://covid/data: check",
        ),
        (
            "[PATH_NOT_FOUND] Path does not exist: s3a://nobody/data. SQLSTATE: 42K03",
            "nothing is at s3a://nobody/data",
        ),
        (
            "org.apache.hadoop.fs.s3a.UnknownStoreException: `s3a://nobody/out': Bucket does not exist",
            "there is no bucket for s3a://nobody/out: check its name",
        ),
        (
            "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: "
            "ExecutorLostFailure (executor 3 exited caused by one of the running tasks)",
            "workers died while they computed",
        ),
        ("something else\n\tat org.apache.spark", "something else"),
        (
            "An error occurred while calling o44.sql.\n: java.lang.NoClassDefFoundError: a/B\n\tat a.C",
            "java.lang.NoClassDefFoundError: a/B",
        ),
        ("", "RuntimeError"),
    ],
)
def test_an_error_becomes_one_sentence(text: str, said: str) -> None:
    found = sentence(RuntimeError(text))
    assert found.startswith(said)
    assert "\n" not in found
