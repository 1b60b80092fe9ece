"""Which messages of the log are merged."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys

import pytest

from covid_core.arrivals import place
from covid_core.partitioning import partition_of
from covid_core.records import Refused

NOW = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)
VALUE = b'{"source":"phac","region":"CA-ON","date":"2021-01-02","confirmed":1}'
HOME = partition_of("CA-ON", 4)


def test_a_record_in_its_regions_partition_is_at_home() -> None:
    placed = place(VALUE, NOW, HOME, grouped="CA-ON", partitions=4)
    assert placed.at_home
    assert placed.record.reported_at == NOW


def test_elsewhere_it_is_a_record_all_the_same() -> None:
    placed = place(VALUE, NOW, (HOME + 1) % 4, grouped="CA-ON", partitions=4)
    assert not placed.at_home
    assert placed.record.region == "CA-ON"


def test_a_region_named_twice_is_refused() -> None:
    twice = b'{"region":"CA-QC",' + VALUE[1:]
    with pytest.raises(Refused, match="more than once"):
        place(twice, NOW, HOME, grouped="CA-QC", partitions=4)


@pytest.mark.parametrize(
    "unread",
    [
        pytest.param(b"1" * 5_000, id="more digits than Python takes"),
        pytest.param(b"-0." + b"1" * 5_000, id="a long fraction"),
    ],
)
def test_what_no_record_has_is_not_read(unread: bytes) -> None:
    value = b'{"note":"\\n","x":' + unread + b"," + VALUE[1:]
    assert place(value, NOW, HOME, partitions=4) == place(VALUE, NOW, HOME, partitions=4)


def test_brackets_are_passed_over_or_refused() -> None:
    # At some depth, which depends on who calls, one of the two decoders gives up.
    for depth in range(800, sys.getrecursionlimit()):
        value = b'{"note":"\\n","x":' + b"[" * depth + b"]" * depth + b"," + VALUE[1:]
        with contextlib.suppress(Refused):
            assert place(value, NOW, HOME, partitions=4) == place(VALUE, NOW, HOME, partitions=4)


@pytest.mark.parametrize("name", [b'"region"', b'"\\u0072egion"'])
def test_a_region_named_twice_is_refused_though_nobody_has_grouped_it(name: bytes) -> None:
    assert place(VALUE, NOW, HOME, partitions=4).at_home
    same = b"{" + name + b':"CA-ON",' + VALUE[1:]
    assert place(same, NOW, HOME, partitions=4).at_home
    with pytest.raises(Refused, match="more than once"):
        place(b"{" + name + b':"CA-QC",' + VALUE[1:], NOW, HOME, partitions=4)
