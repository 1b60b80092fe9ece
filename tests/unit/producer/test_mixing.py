"""Invented numbers and real ones never stand in one log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from covid_producer.plan import Scope
from covid_producer.publish import HoldsInvented, Publisher
from covid_producer.report import Report
from covid_producer.sources.folder import Folder
from tests.unit.producer.memory import Memory

HEADER = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday"
ROW = "35,Ontario,Ontario,{},0,0,1,5,0"


@pytest.fixture
def log() -> Memory:
    return Memory()


@pytest.fixture
def publish(log: Memory, tmp_path: Path) -> Callable[..., None]:
    publisher = Publisher(log, Report(Console(quiet=True)), lambda: dt.datetime.now(dt.UTC), bool)

    def run(day: str, *, invented: bool, force: bool = False) -> None:
        folder = tmp_path / day
        folder.mkdir(exist_ok=True)
        (folder / "covid19-download.csv").write_text(f"{HEADER}\n{ROW.format(day)}\n")
        publisher.publish(Folder(folder, invented=invented).poll(), Scope(frozenset({"CA"}), None, force))

    return run


def test_real_numbers_are_refused_by_a_log_that_holds_invented_ones(
    log: Memory, publish: Callable[..., None]
) -> None:
    publish("2021-01-13", invented=True)
    publish("2021-01-13", invented=True)
    assert log.records == 1
    with pytest.raises(HoldsInvented, match="empty log"):
        publish("2021-01-14", invented=False)
    assert log.records == 1
    publish("2021-01-14", invented=False, force=True)
    assert log.records == 2


def test_real_numbers_join_real_ones(log: Memory, publish: Callable[..., None]) -> None:
    publish("2021-01-13", invented=False)
    publish("2021-01-14", invented=False)
    assert log.records == 2
