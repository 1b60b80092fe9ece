"""That the promises which `make mutants` breaks stand in the code as they are written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_made_and_is_python(mutant: Mutant, tmp_path: Path) -> None:
    mutant.write(tmp_path)
    changed = tmp_path / Path(mutant.package).name / mutant.file
    compile(changed.read_text(encoding="utf-8"), mutant.file, "exec")
