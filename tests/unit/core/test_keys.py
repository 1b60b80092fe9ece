"""Keys: what each scope may do, and the list that never holds a key's text."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core import keys
from covid_core.keys import BadList, Key, Scope

MADE = Key(name="lab", scope=Scope.WRITE, sha256=keys.digest("covid_x"), created=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize(("scope", "may"), [(Scope.READ, "100"), (Scope.WRITE, "110"), (Scope.ADMIN, "111")])
def test_each_scope_includes_those_before_it(scope: Scope, may: str) -> None:
    assert [scope.allows(wanted) for wanted in Scope] == [digit == "1" for digit in may]


def test_the_digest_is_sha_256() -> None:
    # printf first-key | sha256sum
    assert keys.digest("first-key").startswith("9e24b553")
    made = Key(name="n", scope=Scope.READ, sha256=keys.digest("first-key"))
    assert (made.id, made.actor) == ("9e24b553", "api:9e24b553")


def test_a_list_is_read_as_it_was_written() -> None:
    revoked = Key(name="old", scope=Scope.READ, sha256="0" * 64, revoked=dt.datetime.now(dt.UTC))
    content = keys.encode([MADE, revoked])
    assert keys.parse(content + b"\n") == [MADE, revoked]
    assert b"covid_x" not in content


@pytest.mark.parametrize(
    "line",
    [
        b"covid_plain-text-key",
        b'{"name":"n","scope":"root","sha256":"' + b"0" * 64 + b'"}',
        b'{"name":"n","scope":"read","sha256":"short"}',
        b'{"name":"","scope":"read","sha256":"' + b"0" * 64 + b'"}',
        b'{"scope":"read"}',
        b"\xff",
        keys.encode([MADE]).strip(),
    ],
)
def test_a_line_that_is_no_key_or_comes_twice_is_named(line: bytes) -> None:
    with pytest.raises(BadList, match="line 2"):
        keys.parse(keys.encode([MADE]) + line)


def test_what_is_no_text_has_a_digest_too() -> None:
    assert len(keys.digest("\udcff")) == 64
