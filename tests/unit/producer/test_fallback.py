"""What is published where no place can be reached."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from covid_core.ledger import Finished
from covid_producer import fallback
from covid_producer.sources.base import Unavailable
from covid_producer.sources.folder import Folder

DONE = Finished(
    name="a.csv",
    kind="phac",
    countries=("CA",),
    records=1,
    refused=0,
    newest=dt.date(2021, 1, 2),
    reported_at=None,
)


def test_one_place_that_answers_is_enough_and_its_files_are_still_new(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.csv").write_text("date")
    targets = [Folder(tmp_path / "absent"), Folder(tmp_path / "here")]
    said: list[str] = []
    assert fallback.or_invented(targets, dict, said.append) is targets
    assert said == []
    assert [candidate.basename for candidate in targets[1].poll()] == ["a.csv"]


def test_nothing_reached_and_nothing_published_is_an_invented_epidemic_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    said: list[str] = []
    (target,) = fallback.or_invented([Folder(tmp_path / "absent")], dict, said.append)
    assert "absent does not exist" in said[0]
    assert "INVENTED" in said[1]
    assert len(target.poll()) == 5
    assert list(tmp_path.glob("covid-invented-*/*.csv"))


def test_invented_numbers_never_join_published_ones(tmp_path: Path) -> None:
    said: list[str] = []
    assert fallback.or_invented([Folder(tmp_path / "absent")], lambda: {"hash": DONE}, said.append) == ()
    assert said[-1] == fallback.KEPT


def test_a_place_that_is_away_is_asked_again(tmp_path: Path) -> None:
    target = Folder(tmp_path / "absent")
    fallback.or_invented([target], lambda: {"hash": DONE}, lambda sentence: None)
    with pytest.raises(Unavailable):
        target.poll()


def test_what_was_invented_before_goes_on_being_all_there_is(tmp_path: Path) -> None:
    done = msgspec.structs.replace(DONE, invented=True)
    (target,) = fallback.or_invented([Folder(tmp_path / "absent")], lambda: {"hash": done}, lambda _: None)
    assert all(candidate.invented for candidate in target.poll())


def test_the_files_of_a_place_that_answers_are_found_and_the_other_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.csv").write_text("date")
    targets = [Folder(tmp_path / "absent"), Folder(tmp_path / "here")]
    said: list[str] = []
    found = fallback.found_or_invented(targets, dict, said.append)
    assert [(candidate.basename, candidate.invented) for candidate in found] == [("a.csv", False)]
    (sentence,) = said
    assert "absent does not exist" in sentence


def test_without_a_place_that_answers_invented_files_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    found = fallback.found_or_invented([Folder(tmp_path / "absent")], dict, lambda _: None)
    assert len(found) == 5
    assert all(candidate.invented for candidate in found)


def test_without_a_place_that_answers_nothing_is_found_beside_published_numbers(tmp_path: Path) -> None:
    said: list[str] = []
    absent = [Folder(tmp_path / "absent")]
    assert fallback.found_or_invented(absent, lambda: {"hash": DONE}, said.append) == []
    assert said[-1] == fallback.KEPT
