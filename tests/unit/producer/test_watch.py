"""What a watching producer asks for again, and what it lets be until it changes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from rich.console import Console

from covid_producer.plan import Scope
from covid_producer.publish import Outcome, Publisher
from covid_producer.report import Report
from covid_producer.sources.folder import Folder
from covid_producer.watch import Watch
from tests.unit.core.publishers_files import JHU_SERIES
from tests.unit.producer.memory import Memory

HEADER = f"{JHU_SERIES},1/22/20,1/23/20"


def test_of_a_group_with_a_bad_file_nothing_is_read_again_until_it_changes(tmp_path: Path) -> None:
    for name, row in (("confirmed", "\nOntario,Canada,1,2,3,4"), ("deaths", "")):
        (tmp_path / f"time_series_covid19_{name}_global.csv").write_text(f"{HEADER}{row}\n")
    outcomes: list[Outcome] = []
    troubles: list[str] = []
    watch = Watch(
        [Folder(tmp_path)],
        Publisher(Memory(), Report(Console(quiet=True)), lambda: dt.datetime.now(dt.UTC), bool),
        Scope(frozenset({"CA"}), None, False),
        published=outcomes.append,
        trouble=troubles.append,
        reached=lambda: None,
    )
    assert [watch.poll() for _ in range(3)] == [True, True, True]
    (outcome,) = outcomes
    assert [failed.candidate.basename for failed in outcome.failed] == [
        "time_series_covid19_confirmed_global.csv",
        "time_series_covid19_deaths_global.csv",
    ]
    assert troubles == []
