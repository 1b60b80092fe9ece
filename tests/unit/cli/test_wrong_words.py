"""What commands refuse before they ask anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from covid_cli.errors import UserError
from covid_cli.main import app


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["verify", "--stores", ""], "--stores names no store: there are dynamodb, s3, rds, redshift."),
        (["verify", "--stores", " , "], "--stores names no store: there are dynamodb, s3, rds, redshift."),
        (["chart", "CA-ON,CA-QC"], "'CA-ON,CA-QC' is not the code of one region, as CA or CA-ON is."),
        (["chart", ""], "'' is not the code of one region, as CA or CA-ON is."),
        (
            ["batch", "local", ".", "--countries", "CA-ON"],
            "--countries: 'CA-ON' is no country's code such as CA or US, nor all.",
        ),
        (["query", "CA-ON,CA-QC"], "'CA-ON,CA-QC' is not the code of one region, as CA or CA-ON is."),
    ],
)
def test_a_word_that_means_nothing_is_told(tmp_path: Path, words: list[str], sentence: str) -> None:
    home = [] if words[0] == "batch" else ["--home", str(tmp_path)]
    found = CliRunner().invoke(app, [*words, *home])
    assert isinstance(found.exception, UserError)
    assert str(found.exception) == sentence
