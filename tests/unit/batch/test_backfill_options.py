"""The command line of the backfill: what could match nothing is refused, not done with 0 records."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_batch.backfill.__main__ import parsed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "records . --regions US-NY",
            "--regions: US-NY: not in --countries CA; give --countries CA,US",
        ),
        (
            "records . --regions US-NY,CA-ON,GL --countries CA,FR",
            "--regions: GL, US-NY: not in --countries CA,FR; give --countries CA,FR,GL,US",
        ),
        (
            "records . --from 2021-02-01 --to 2021-01-31",
            "--from 2021-02-01 is later than --to 2021-01-31: no day lies between them",
        ),
        (
            "metrics --from 2021-02-01 --to 2021-01-31",
            "--from 2021-02-01 is later than --to 2021-01-31: no day lies between them",
        ),
    ],
)
def test_words_that_nothing_could_match_are_refused(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(words.split())
    assert caught.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: {sentence}\n")


@pytest.mark.parametrize(
    "words",
    [
        "records .",
        "records . --regions CA,CA-ON",
        "records . --regions US-NY --countries all",
        "records . --regions US-NY,CA-ON --countries CA,US",
        "records . --from 2021-02-01 --to 2021-02-01",
        "metrics --regions US-NY --from 2021-02-01",
        "metrics --to 2021-02-01",
        "restore --dry-run",
    ],
)
def test_all_else_is_taken(words: str) -> None:
    assert parsed(words.split()).job == words.split(maxsplit=1)[0]


def test_one_day_is_a_range() -> None:
    options = parsed(["metrics", "--from", "2021-02-01", "--to", "2021-02-01"])
    assert options.first == options.last == dt.date(2021, 2, 1)
