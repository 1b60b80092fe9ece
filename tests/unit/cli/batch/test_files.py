"""Publishers' files that a command is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.batch.files import named, present
from covid_cli.errors import UserError


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert present([tmp_path]) == [tmp_path]
    with pytest.raises(UserError, match="absent is not there: name files or folders"):
        present([tmp_path, tmp_path / "absent"])


def test_files_of_two_folders_with_one_name_stay_apart(tmp_path: Path) -> None:
    names = ("a/2021/01.csv", "b/2021/01.csv", "b/README.md", "c.csv")
    files = {name: tmp_path / name for name in names}
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert named([tmp_path / "a", tmp_path / "b", tmp_path / "c.csv"]) == {
        "0/2021/01.csv": files["a/2021/01.csv"],
        "1/2021/01.csv": files["b/2021/01.csv"],
        "2/c.csv": files["c.csv"],
    }


def test_a_folder_without_csv_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    with pytest.raises(UserError, match=f"No CSV file lies under {tmp_path}"):
        named([tmp_path])
