"""Publishing once: which places it takes, and what its exit code says."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from covid_core import ledger
from covid_producer import fallback
from covid_producer.once import DONE, FATAL, REFUSED, Once
from covid_producer.plan import Scope
from covid_producer.publish import HoldsInvented, Publisher
from covid_producer.report import Report
from covid_producer.sources.base import Unavailable
from covid_producer.sources.folder import Folder
from tests.unit.producer.memory import Memory

TEXT = """\
pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday
35,Ontario,Ontario,2021-01-13,0,0,1,5,0
"""


class Run:
    """Publishing from folders of one place, each time as a process of its own would, into one log."""

    def __init__(self, place: Path) -> None:
        self.log = Memory()
        self.ends: list[str] = []
        self._place = place
        self._output = io.StringIO()

    @property
    def said(self) -> str:
        return self._output.getvalue()

    def once(self, *names: str) -> Once:
        report = Report(Console(file=self._output, width=200))
        publisher = Publisher(self.log, report, lambda: dt.datetime.now(dt.UTC), bool)
        scope = Scope(frozenset({"CA"}), None, False)
        return Once(
            [Folder(self._place / name) for name in names], publisher, scope, report, self.ends.append
        )

    def or_invent(self, *names: str) -> int:
        return self.once(*names).run_or_invent(self.log.finished)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return Run(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], None]:
    def write(place: str, text: str) -> None:
        (tmp_path / place).mkdir()
        (tmp_path / place / "covid19-download.csv").write_text(text)

    return write


@pytest.mark.parametrize("places", [("absent", "here"), ("here", "absent")])
def test_a_place_that_is_away_keeps_no_other_from_being_published(
    run: Run, file: Callable[[str, str], None], places: tuple[str, str]
) -> None:
    file("here", TEXT)
    assert run.or_invent(*places) == DONE
    assert "absent does not exist" in run.said
    assert [(entry.name, entry.invented) for entry in run.log.entries.values()] == [
        ("covid19-download.csv", False)
    ]


def test_a_place_that_is_away_ends_publishing_where_nothing_else_was_asked_for(
    run: Run, file: Callable[[str, str], None]
) -> None:
    file("here", TEXT)
    with pytest.raises(Unavailable, match="absent does not exist"):
        run.once("here", "absent").run()
    assert run.log.records == 0


def test_real_numbers_leave_invented_ones_as_they_are_and_say_how_to_get_them(
    run: Run, file: Callable[[str, str], None]
) -> None:
    assert run.or_invent("here") == DONE
    assert fallback.INVENTED in run.said
    before = dict(run.log.entries)
    file("here", TEXT)
    assert run.or_invent("here") == DONE
    assert ledger.HOLDS_INVENTED in run.said
    assert run.log.entries == before
    with pytest.raises(HoldsInvented):
        run.once("here").run()


def test_published_numbers_stay_where_no_place_answers(run: Run, file: Callable[[str, str], None]) -> None:
    file("here", TEXT)
    assert run.once("here").run() == DONE
    assert run.or_invent("absent") == DONE
    assert fallback.KEPT in run.said
    assert run.log.records == 1


def test_nothing_usable_is_a_failure_only_where_nothing_was_published_before(
    run: Run, file: Callable[[str, str], None], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert run.or_invent("empty") == FATAL
    assert run.ends == [f"error: nothing to publish in {tmp_path / 'empty'}: no usable file of PHAC or JHU"]
    file("here", TEXT)
    assert run.or_invent("here", "empty") == DONE
    assert run.or_invent("empty") == DONE
    assert run.once("empty").run() == FATAL


def test_refused_lines_are_told_by_the_exit_code(run: Run, file: Callable[[str, str], None]) -> None:
    file("here", TEXT + "35,Ontario,Ontario,2021-01-14,0,0,1,-5,0\n")
    assert run.or_invent("absent", "here") == REFUSED
