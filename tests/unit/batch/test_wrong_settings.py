"""A password that no client could read ends a job with a sentence that does not hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from covid_batch.redshift.__main__ import main as redshift
from covid_batch.sqlserver.__main__ import main as sqlserver

Main = Callable[[Sequence[str]], int]


@pytest.mark.parametrize(
    ("main", "job", "variable", "scheme"),
    [
        (redshift, "analyse", "COVID_REDSHIFT_URL", "redshift"),
        (redshift, "analyse", "COVID_REDSHIFT_URL", "postgresql"),
        (sqlserver, "query", "COVID_RDS_URL", "mssql"),
        (sqlserver, "query", "COVID_RDS_URL", "postgresql"),
    ],
)
@pytest.mark.parametrize("password", ["x7%qSECRET", "x7#SECRET", "x7/SECRET"])
def test_a_password_that_is_not_percent_encoded_is_not_shown(
    main: Main, job: str, variable: str, scheme: str, password: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, f"{scheme}://covid:{password}@127.0.0.1:1/covid")
    assert main([job, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {variable}: ")
    assert "percent-encode the password" in said.err
    assert not any(part in said.out + said.err for part in ("SECRET", "x7"))
