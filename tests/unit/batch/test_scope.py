"""Which part of the history is wanted."""

from __future__ import annotations

import datetime as dt

from covid_batch.backfill.scope import Scope

JANUARY = Scope(frozenset({"CA-QC", "CA-ON"}), dt.date(2021, 1, 1), dt.date(2021, 1, 31))


def test_both_ends_belong_to_it() -> None:
    assert JANUARY.has("CA-ON", dt.date(2021, 1, 1))
    assert JANUARY.has("CA-ON", dt.date(2021, 1, 31))
    assert not JANUARY.has("CA-ON", dt.date(2021, 2, 1))
    assert not JANUARY.has("CA-ON", dt.date(2020, 12, 31))
    assert not JANUARY.has("CA-BC", dt.date(2021, 1, 1))


def test_open_ends_leave_nothing_out() -> None:
    assert Scope().everything
    assert Scope().has("US", dt.date(2020, 1, 22))
    assert not Scope(first=dt.date(2021, 1, 1)).everything


def test_the_same_scope_has_the_same_text() -> None:
    again = Scope(frozenset(["CA-ON", "CA-QC"]), JANUARY.first, JANUARY.last)
    assert str(again) == str(JANUARY) == "regions=CA-ON,CA-QC from=2021-01-01 to=2021-01-31"
    assert str(Scope()) != str(JANUARY)
