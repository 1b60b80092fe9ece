"""Which data `covid up` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_cli.errors import UserError
from covid_cli.up import data


def test_the_option_wins_over_the_setting(tmp_path: Path) -> None:
    chosen = data.chosen(tmp_path, "/elsewhere")
    assert chosen.arguments == (str(tmp_path),)
    assert "--data" in chosen.sentence


def test_the_setting_wins_over_a_download(tmp_path: Path) -> None:
    chosen = data.chosen(None, str(tmp_path))
    assert chosen.arguments == (str(tmp_path),)
    assert "COVID_DATA_DIR" in chosen.sentence


@pytest.mark.parametrize("as_option", [True, False])
def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path, as_option: bool) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(UserError, match=f"{absent} .* does not exist"):
        data.chosen(absent if as_option else None, None if as_option else str(absent))


def test_else_the_publishers_are_asked() -> None:
    assert data.chosen(None, None).arguments == ("phac", "jhu", "--or-invent")
