"""Keys: who is let in, that a key is never told, and that the list is read again when it changes."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import logging
from pathlib import Path

import msgspec
import pytest

from covid_api.auth import Keys, key_text
from covid_core import keys
from covid_core.keys import BadList, Key, Scope

WRITER = Key(name="lab", scope=Scope.WRITE, sha256=keys.digest("listed-key"))


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_bytes(keys.encode([WRITER]))
    return path


@pytest.mark.parametrize("configured", [None, "", " , ,"])
def test_without_keys_nobody_may_write(configured: str | None) -> None:
    known = Keys(configured, None)
    assert not known.can_write()
    assert known.find("") is None


def test_every_key_has_its_own_actor_that_does_not_tell_it() -> None:
    known = Keys("first-key, second-key", None)
    first, second = known.find("first-key"), known.find("second-key")
    assert first is not None
    assert second is not None
    # printf first-key | sha256sum
    assert (first.actor, first.scope) == ("api:9e24b553", Scope.WRITE)
    assert second.actor != first.actor
    assert "first" not in str(vars(known))


@pytest.mark.parametrize(
    "wrong", ["", "first", "first-keyx", "FIRST-KEY", "first-key,second-key", " first-key"]
)
def test_other_keys_are_unknown(wrong: str) -> None:
    assert Keys("first-key,second-key", None).find(wrong) is None


def test_a_key_of_the_list(listed: Path) -> None:
    known = Keys("given", listed)
    assert known.find("listed-key") == WRITER
    assert known.find("given") is not None
    assert known.can_write()


def test_the_list_is_read_again_when_it_changes(listed: Path) -> None:
    known = Keys(None, listed)
    reader = Key(name="r", scope=Scope.READ, sha256=keys.digest("other"))
    revoked = msgspec.structs.replace(WRITER, revoked=dt.datetime.now(dt.UTC))
    listed.write_bytes(keys.encode([revoked, reader]))
    assert known.find("listed-key") is None
    assert known.find("other") == reader
    assert not known.can_write()
    listed.unlink()
    assert known.find("other") is None


def test_a_key_that_the_settings_name_too_is_revoked_by_the_list(listed: Path) -> None:
    revoked = msgspec.structs.replace(WRITER, revoked=dt.datetime.now(dt.UTC))
    listed.write_bytes(keys.encode([revoked]))
    assert Keys("listed-key", listed).find("listed-key") is None


def test_a_list_that_is_damaged_later_keeps_its_keys_and_says_so_once(
    listed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known = Keys(None, listed)
    listed.write_bytes(b"nonsense")
    with caplog.at_level(logging.ERROR):
        assert known.find("listed-key") == WRITER
        assert known.find("listed-key") == WRITER
    assert len(caplog.records) == 1
    assert "line 1" in caplog.text


def test_a_list_that_could_not_be_read_for_a_while_is_read_once_it_can(
    listed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The file itself does not change when its owner is put right, or its disk answers again."""
    known = Keys(None, listed)
    revoked = msgspec.structs.replace(WRITER, revoked=dt.datetime.now(dt.UTC))
    listed.write_bytes(keys.encode([revoked]))

    def denied(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(Path, "read_bytes", denied)
        assert known.find("listed-key") == WRITER
        assert known.find("listed-key") == WRITER
    assert len(caplog.records) == 1
    assert known.find("listed-key") is None


def test_a_list_that_is_damaged_from_the_start_is_an_error(listed: Path) -> None:
    listed.write_bytes(b"nonsense")
    with pytest.raises(BadList):
        Keys(None, listed)


def test_a_list_that_is_made_later(tmp_path: Path) -> None:
    known = Keys(None, tmp_path / "later")
    assert not known.can_write()
    (tmp_path / "later").write_bytes(keys.encode([WRITER]))
    assert known.can_write()


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "method", "text"),
    [
        ("Bearer k", "POST", "k"),
        ("bearer  k ", "GET", "k"),
        ("Bearer", "GET", None),
        ("Bearer ", "GET", None),
        ("k", "GET", None),
        (basic("anyone:k:k"), "GET", "k:k"),
        (basic("anyone:k"), "HEAD", "k"),
        # Browsers send it with other sites' forms.
        (basic("anyone:k"), "POST", None),
        (basic("anyone:k"), "DELETE", None),
        (basic("anyone"), "GET", None),
        ("Basic !", "GET", None),
        ("Basic /w==", "GET", None),
    ],
)
def test_where_a_key_stands(header: str, method: str, text: str | None) -> None:
    assert key_text({"authorization": header}, method) == text


def test_no_header_no_key() -> None:
    assert key_text({}, "GET") is None
