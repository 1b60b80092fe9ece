"""Write keys: who is let in, and that a key is never told."""

from __future__ import annotations

import pytest

from covid_api.auth import WriteKeys


@pytest.mark.parametrize("configured", [None, "", " , ,"])
def test_without_keys_nobody_may_write(configured: str | None) -> None:
    keys = WriteKeys(configured)
    assert not keys
    assert keys.actor("") is None


def test_every_key_has_its_own_actor_that_does_not_tell_it() -> None:
    keys = WriteKeys("first-key, second-key")
    # printf first-key | sha256sum
    assert keys.actor("first-key") == "api:9e24b553"
    assert keys.actor("second-key") not in (None, keys.actor("first-key"))
    assert "first" not in str(vars(keys))


@pytest.mark.parametrize(
    "wrong", ["", "first", "first-keyx", "FIRST-KEY", "first-key,second-key", " first-key"]
)
def test_other_keys_are_unknown(wrong: str) -> None:
    assert WriteKeys("first-key,second-key").actor(wrong) is None
