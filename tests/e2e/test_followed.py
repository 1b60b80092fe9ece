"""The tutorial's commands, typed one after the other on the running system; and README's lines of Python.

README's own commands: `tests/e2e/browser/test_newcomer.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.followed import Reader, as_printed, section, shown, steps
from tests.e2e.system import System
from tests.unit.docs.written import text

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ELSEWHERE: Final = {
    "make setup": "made the environment that runs this test",
    "source .venv/bin/activate": "as does who started this test",
    "covid warm": "`make test` calls it",
    "covid up --detach --data ../files": "System.up",
    "covid verify --wait 60": "tests/e2e/test_run.py",
    "covid down": "System.down, tests/e2e/test_run.py",
}
"""Commands that are run, but not here, and where."""


def test_the_tutorial_does_what_it_says(system: System, tmp_path: Path) -> None:
    reader = Reader(system, tmp_path)
    with system.api() as api:
        query = {"source": "phac", "region": "CA-ON", "from": "2021-01-02", "to": "2021-01-02"}
        (row,) = api.get("/v1/metrics", params=query).json()["data"]
    typed = list(steps(text("docs/tutorial.md")))
    assert ELSEWHERE.keys() <= {step.command for step in typed}
    for step in typed:
        if step.command not in ELSEWHERE:
            reader.type(step, compare=as_printed(row))


def test_the_readmes_python_runs(system: System) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", section("README.md", "From Python"), re.M | re.S)
    names: dict[str, object] = {}
    exec(code.replace("http://127.0.0.1:8000", system.status()["api"]["url"]), names)
    assert "avg7_confirmed" in names["ontario"].columns  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "printed", "is_shown"),
    [
        (["a,1", "b,2"], "a,1\nb,2\n", True),
        (["a,1", "b,2"], "b,2\na,1\n", False),
        (["a,1"], "a,12\n", False),
        (['{"offset":7,"deaths":5,…}'], '{"offset":99,"deaths":5,"more":1}', True),
        (['{"offset":7,"deaths":5,…}'], '{"offset":7,"deaths":6,"more":1}', False),
        (['[1522,"report","producer",4516]'], '[3,"report","producer",4516]', True),
        (['[1522,"report","producer",4516]'], '[1522,"report","producer",4517]', False),
        ([" 2021-01-01 |   4472"], " 2021-01-01 |   4472\n(1 row)", True),
    ],
)
def test_an_answer_is_told_from_another(answer: list[str], printed: str, is_shown: bool) -> None:
    assert shown(answer, printed) is is_shown
