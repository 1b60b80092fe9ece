"""The targets of `make fuzz`, whose tool not every machine has, take their seeds and find a fault."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from covid_core import records
from covid_core.formats import Parsed
from tests.fuzz import targets


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_target_takes_its_seeds_and_bytes(name: str) -> None:
    seeds = targets.seeds(name)
    assert seeds
    for data in (*seeds, b"", b"\xff\x00", *(seed[:-3] for seed in seeds)):
        targets.TARGETS[name](data)


def test_a_number_that_is_not_in_the_message_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    good = records.decode

    def wrong(value: bytes, at: Any) -> records.Record:
        return msgspec.structs.replace(good(value, at), deaths=6)

    monkeypatch.setattr(records, "decode", wrong)
    with pytest.raises(AssertionError):
        targets.record(targets.seeds("record")[0])


def test_a_number_that_is_not_in_the_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    good = targets.parse

    def wrong(*given: Any, **how: Any) -> Parsed:
        parsed = good(*given, **how)
        changed = [msgspec.structs.replace(one, confirmed=6) for one in parsed.records]
        return msgspec.structs.replace(parsed, records=changed)

    monkeypatch.setattr(targets, "parse", wrong)
    with pytest.raises(AssertionError):
        targets.file(targets.seeds("file")[0])


def test_another_error_than_the_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "_DECODERS", ((json.loads, UnicodeDecodeError),))
    with pytest.raises(json.JSONDecodeError):
        targets.decoders(b"{")
