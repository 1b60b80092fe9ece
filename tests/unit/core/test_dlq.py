"""Dead letters: what they carry, and that they come back as they went."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from covid_core import dlq


def test_a_letter_survives_json() -> None:
    raw = bytes(range(256))
    sent = dlq.letter("bad_json", "not JSON", dlq.LogOrigin("covid.records", 3, 17), raw)
    assert dlq.decode(dlq.encode(sent)) == sent
    assert sent.complete
    assert dlq.key(sent) == b"covid.records:3:17"


def test_rows_of_one_message_are_refused_one_by_one() -> None:
    first, second = (dlq.LogOrigin("covid.metrics", 3, 17, row) for row in (0, 12))
    assert (first.id, second.id) == ("covid.metrics:3:17:0", "covid.metrics:3:17:12")
    sent = dlq.letter("rejected_row", "too large", second, b"{}")
    assert dlq.decode(dlq.encode(sent)) == sent
    # A letter of before names its message alone.
    assert dlq.decode(dlq.encode(sent).replace(b',"row":12', b"")).origin.id == "covid.metrics:3:17"


def test_json_names_its_origin_and_holds_base64() -> None:
    letter = dlq.letter("negative", "-1", dlq.FileOrigin("a.csv", "ab" * 32, 3, "numtotal"), b"-1")
    shown = json.loads(dlq.encode(letter))
    assert shown["origin"] == {
        "type": "file",
        "name": "a.csv",
        "sha256": "ab" * 32,
        "line": 3,
        "column": "numtotal",
    }
    assert shown["raw"] == "LTE="


def test_only_the_start_of_much_is_kept_with_length_and_hash_of_all() -> None:
    raw = b"x" * (dlq.MAX_RAW + 1)
    letter = dlq.letter("line_too_long", "long", dlq.FileOrigin("a.csv", "0" * 64, 2), raw)
    assert (len(letter.raw), letter.length) == (65_536, 65_537)
    assert letter.sha256 == hashlib.sha256(raw).hexdigest()
    assert not letter.complete


def test_the_same_place_of_a_renamed_file_is_the_same_origin() -> None:
    one = dlq.FileOrigin("a.csv", "f" * 64, 2, "date")
    other = dlq.FileOrigin("b.csv", "f" * 64, 2, "date")
    assert one.id == other.id != dlq.FileOrigin("a.csv", "f" * 64, 3, "date").id
    assert dlq.FileOrigin("a.csv", "f" * 64).id == "f" * 64 + "::"


@pytest.mark.parametrize("value", [b"", b"[]", b'{"code":"x"}', b"\xff"])
def test_what_is_no_letter_is_refused(value: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        dlq.decode(value)
