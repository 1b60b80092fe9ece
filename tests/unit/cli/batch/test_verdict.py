"""What comes of a comparison, for people and for `covid batch run-all`."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.batch.every.command import platform_verdict
from covid_cli.batch.verdict import DUCKDB, ORACLE, Verdict, keep, kept, say

SAME = Verdict(ORACLE, 1200)
OTHER = Verdict(ORACLE, 1200, "CA-ON 2021-01-02")
ASKED = Verdict(DUCKDB, 7)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of COVID_BATCH_VERDICTS."""
    named = tmp_path / "verdicts.jsonl"
    monkeypatch.setenv("COVID_BATCH_VERDICTS", str(named))
    return named


def test_a_verdict_is_a_sentence_and_a_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kept(file) == []
    assert say(SAME)
    assert not say(OTHER, equal="never said")
    assert say(ASKED, equal="as asked")
    keep(SAME)
    assert capsys.readouterr().out.splitlines() == [
        "1,200 rows equal to the oracle",
        "different from the oracle, first: CA-ON 2021-01-02",
        "as asked",
    ]
    assert kept(file) == [SAME, OTHER, ASKED, SAME]


def test_nothing_is_kept_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVID_BATCH_VERDICTS", raising=False)
    monkeypatch.chdir(tmp_path)
    keep(SAME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "code", "verdict"),
    [
        ([SAME, ASKED], 0, "yes"),
        ([SAME], 3, "yes"),
        ([SAME, OTHER], 1, "different from the oracle, first: CA-ON 2021-01-02"),
        ([SAME, OTHER], 0, "different from the oracle, first: CA-ON 2021-01-02"),
        ([SAME], 1, "no: exit code 1, see above"),
        ([], 2, "no: exit code 2, see above"),
        ([ASKED], 0, "no: it was not compared"),
        ([], 0, "no: it was not compared"),
    ],
)
def test_a_platform_is_equal_where_it_was_compared_and_nothing_differed(
    found: list[Verdict], code: int, verdict: str
) -> None:
    assert platform_verdict(found, code) == verdict
