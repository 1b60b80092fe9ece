"""When a finished file need not be published again."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core.ledger import Finished, covers, decode, encode, scope

STAMP = dt.datetime(2021, 1, 14, 23, 59, 59, tzinfo=dt.UTC)
CA, US = frozenset({"CA"}), frozenset({"US"})


def finished(*countries: str) -> Finished:
    return Finished(
        name="a.csv",
        kind="phac-daily",
        countries=countries,
        records=1,
        refused=0,
        newest=STAMP.date(),
        reported_at=STAMP,
    )


@pytest.mark.parametrize(
    ("done", "wanted", "covered"),
    [
        (("CA",), CA, True),
        (("CA", "US"), CA, True),
        (("CA",), CA | US, False),
        (("CA",), None, False),
        (("all",), CA, True),
        (("all",), None, True),
    ],
)
def test_a_file_is_done_for_the_countries_it_was_published_for(
    done: tuple[str, ...], wanted: frozenset[str] | None, covered: bool
) -> None:
    assert covers(finished(*done), wanted, None) is covered


def test_an_unlisted_file_is_not_done() -> None:
    assert not covers(None, CA, None)


def test_another_stamp_is_another_statement() -> None:
    assert covers(finished("CA"), CA, STAMP)
    assert not covers(finished("CA"), CA, STAMP + dt.timedelta(days=1))


def test_countries_add_up() -> None:
    assert scope(CA, None) == ("CA",)
    assert scope(US, finished("CA")) == ("CA", "US")
    assert scope(CA, finished("all")) == ("all",)
    assert scope(None, finished("CA")) == ("all",)


def test_entries_survive_json_and_others_do_not_count() -> None:
    assert decode(encode(finished("CA"))) == finished("CA")
    assert decode(b"[]") is None
    assert decode(b"\xff") is None
