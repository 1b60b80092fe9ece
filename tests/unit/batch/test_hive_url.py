"""The address of a HiveServer2, and its password, which no error tells."""

from __future__ import annotations

from typing import Any

import pytest

from covid_batch.hive import client
from covid_batch.stores.errors import Unusable


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hive://covid:s3cret@host:10000", "--url is no address of a HiveServer2: write hive2://HOST:10000"),
        ("covid:s3cret", "--url is no address of a HiveServer2"),
        ("hive2://covid:s3cret@", "--url is no address of a HiveServer2"),
        ("hive2://covid:s3cret@host:port", "--url: its port is no number from 1 to 65535"),
        ("hive2://covid:s3cret@[::1", "--url: it cannot be divided into its parts"),
        ("hive2://covid:s3cret/x@host", "--url: @ stands elsewhere than once, before the host"),
        ("hive2://covid:s3cret?x@host", "--url: @ stands elsewhere than once, before the host"),
        ("hive2://covid:s3cret#x@host", "--url: it holds # or a blank"),
        ("hive2://covid:s3cret%x@host", "--url: a % is not followed by the two hexadecimal digits"),
    ],
)
def test_what_is_no_address_is_a_sentence_without_the_password(url: str, said: str) -> None:
    with pytest.raises(Unusable) as raised:
        client.HiveServer2(url)
    assert str(raised.value).startswith(said)
    assert "s3cret" not in str(raised.value)


def test_user_and_password_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(client, "connect", lambda **options: given.update(options))
    client.HiveServer2("hive2://an%40alyst:p%2Fa%3Fs%23s@host:10001")
    assert (given["user"], given["password"]) == ("an@alyst", "p/a?s#s")
    assert (given["host"], given["port"]) == ("host", 10001)


def test_a_server_that_is_away_is_named_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(**options: Any) -> None:
        raise OSError("refused")

    monkeypatch.setattr(client, "connect", connect)
    with pytest.raises(Unusable, match=r"no HiveServer2 answers at hive2://host:10000 \(refused\)"):
        client.HiveServer2("hive2://covid:s3cret@host")
