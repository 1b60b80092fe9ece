"""`covid keys`: a key is printed once, and only its digest is kept."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from covid_cli.errors import UserError
from covid_cli.keys import app
from covid_core import keys
from covid_core.keys import Scope

runner = CliRunner()


def run(path: Path, *arguments: str) -> str:
    answer = runner.invoke(app, [*arguments, "--file", str(path)])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_all_of_it_comes_as_json_too(tmp_path: Path) -> None:
    path = tmp_path / "list"
    made = json.loads(run(path, "create", "a laboratory", "--scope", "write", "--json"))
    (key,) = keys.parse(path.read_bytes())
    assert made == {"id": key.id, "scope": "write", "name": "a laboratory", "key": made["key"]}
    assert key.sha256 == keys.digest(made["key"])
    assert json.loads(run(path, "revoke", key.id, "--json"))["id"] == key.id


def test_a_new_key_is_printed_and_kept_as_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "list"
    text = run(path, "create", "a laboratory", "--scope", "write").strip()
    assert text.startswith("covid_")
    assert len(text) == len("covid_") + 43
    content = path.read_text()
    assert text.removeprefix("covid_") not in content
    (key,) = keys.parse(content.encode())
    assert (key.name, key.scope) == ("a laboratory", Scope.WRITE)
    assert key.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_may_only_read_unless_told_otherwise(tmp_path: Path) -> None:
    run(tmp_path / "list", "create", "n")
    assert keys.parse((tmp_path / "list").read_bytes())[0].scope is Scope.READ


def test_list_tells_neither_text_nor_digest(tmp_path: Path) -> None:
    path = tmp_path / "list"
    text = run(path, "create", "[red]n[/red]").strip()
    for output in (run(path, "list"), run(path, "list", "--json")):
        assert keys.digest(text)[:8] in output
        assert "[red]n[/red]" in output
        assert keys.digest(text) not in output
        assert text not in output


def test_a_revoked_key_stays_listed(tmp_path: Path) -> None:
    path = tmp_path / "list"
    first = keys.digest(run(path, "create", "first").strip())[:8]
    run(path, "create", "second")
    assert "revoked" in run(path, "revoke", first)
    found = json.loads(run(path, "list", "--json"))
    assert [(entry["name"], "revoked" in entry) for entry in found] == [("first", True), ("second", False)]
    with pytest.raises(UserError, match="already"):
        run(path, "revoke", first)


def test_what_is_wrong_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list"
    with pytest.raises(UserError, match="no key 12345678"):
        run(path, "revoke", "12345678")
    for name in (" ", "x" * 81, "a\x1b[2J"):
        with pytest.raises(UserError, match="name"):
            run(path, "create", name)
    with pytest.raises(UserError, match="cannot be opened"):
        run(tmp_path / "nowhere" / "list", "create", "n")
    path.write_text("nonsense\n")
    with pytest.raises(UserError, match="line 1"):
        run(path, "create", "n")
    assert path.read_text() == "nonsense\n"


def test_a_list_keeps_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "list"
    run(path, "create", "first")
    path.chmod(0o600)
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)
    run(path, "create", "second")
    assert (path.stat().st_mode & 0o777, path.stat().st_uid) == (0o600, owner)
    assert len(keys.parse(path.read_bytes())) == 2
