"""The finder of series finds them."""

from __future__ import annotations

from tests.observability.promql import Series, read


def test_names_matchers_and_groupings() -> None:
    found = read(
        'histogram_quantile(0.99, sum by (sink, le) (rate(a_bucket{topic="x", route!~"/a|/{b}"}[5m])))'
        " / on (service) group_left (version) b_total offset 10m > 1e3 unless c"
    )
    assert found.series == [
        Series("a_bucket", (("topic", "=", "x"), ("route", "!~", "/a|/{b}"))),
        Series("b_total", ()),
        Series("c", ()),
    ]
    assert found.grouped == {"sink", "le", "service", "version"}


def test_functions_and_words_are_no_names() -> None:
    found = read("sum(max by (topic) (delta(a[1h])) >= 0) or vector(0) and time() - (b > bool 0)")
    assert [each.name for each in found.series] == ["a", "b"]
