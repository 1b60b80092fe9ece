"""One fault of each kind that is quick to heal, in random order, on one stack under load.

`make faults` injects twenty of every kind.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.__main__ import files, mixed, parser
from tests.faults.cases import CASES
from tests.faults.rig import Rig
from tests.faults.run import run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

QUICK = {1, 2, 3, 4, 5, 6, 8, 10, 11, 14, 17}
REPLAY = 11
OUTAGE_SECONDS = 8.0
TROUBLES = "troubles"
"""The property of the report (--junitxml) that says what was found."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("stack"))
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def test_every_store_holds_what_the_log_says_after_faults_of_every_kind(
    rig: Rig, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    cases = [case for case in CASES if case.number in QUICK]
    random.Random(seed).shuffle(cases)
    # Last: a stream that starts again from the log would send the newest rows once more, over the old ones.
    cases.sort(key=lambda case: case.number == REPLAY)
    outcome = run(rig, cases, files(tmp_path, ["2020-07-26"])[:1], seed, print, OUTAGE_SECONDS)
    record_testsuite_property(TROUBLES, json.dumps(outcome.troubles))  # for `make mutants`
    assert outcome.troubles == []
    assert len(outcome.faults) == len(QUICK)
    assert outcome.accepted > 0
    assert outcome.refused > 0


def test_every_case_has_its_turn_and_the_longest_comes_first() -> None:
    order = mixed(CASES)
    assert sorted(case.number for case in order) == [case.number for case in CASES]
    assert order[0].minutes == max(case.minutes for case in CASES)


@pytest.mark.parametrize(("named", "asked"), [([], []), (["7"], [7]), (["7", "21"], [7, 21])])
def test_cases_are_named_or_all(named: list[str], asked: list[int]) -> None:
    assert parser().parse_args(named).case == asked


@pytest.mark.parametrize("named", ["0", "24", "seven"])
def test_a_case_that_does_not_exist_is_refused(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args([named])
    assert end.value.code == 2
    assert f"there is no case {named!r}; cases: 1 to 23" in capsys.readouterr().err
