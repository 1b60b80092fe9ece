"""The series that a PromQL expression reads. No parser: enough to find every name, and every label of it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_SELECTOR: Final = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{{((?:[^{{}}\"]|{_STRING})*)\}})?")
_MATCHER: Final = re.compile(rf"([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*({_STRING})")
_GROUPING: Final = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_WORDS: Final = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "inf", "nan"}


class Series(NamedTuple):
    """A metric's name and its matchers: label, operator, value."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]


class Expression(NamedTuple):
    """What an expression reads, and the labels it groups by."""

    series: list[Series]
    grouped: set[str]


def read(expression: str) -> Expression:
    """Find the series and the grouping labels."""
    grouped = {
        label.strip()
        for found in _GROUPING.finditer(expression)
        for label in found[2].split(",")
        if label.strip()
    }
    # Ranges and offsets hold letters too: `[5m]`, `offset 10m`, `[$__rate_interval]`.
    rest = re.sub(r"\[[^\]]*\]|offset\s+\w+", " ", _GROUPING.sub(" ", expression))
    # A number's own letters, as in `1e3`.
    rest = re.sub(r"(?<![\w:])\d+(?:\.\d+)?(?:e[+-]?\d+)?", " ", rest)
    series = []
    for found in _SELECTOR.finditer(rest):
        function = rest[found.end() :].lstrip().startswith("(")
        if function or found[1].lower() in _WORDS:
            continue
        matchers = tuple(
            (label, operator, value[1:-1].replace("\\\\", "\\"))
            for label, operator, value in _MATCHER.findall(found[2] or "")
        )
        series.append(Series(found[1], matchers))
    return Expression(series, grouped)
