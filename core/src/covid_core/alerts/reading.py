"""Rules from a file (TOML), with everything that is wrong with it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec

from covid_core import regions
from covid_core.alerts.rules import Change, Correction, Rule, Stalled, columns, covered
from covid_core.records import FIELDS, MERGED, SLUG
from covid_core.rows import COLUMNS

METRICS: Final = tuple(column.name for column in COLUMNS if column.unit is not None)
"""What a rule may look at: every column that is a number with a unit."""

_HEADING: Final = "rule"


class BadRules(ValueError):
    """A file that cannot be used. `problems`: a sentence each, which names the rule and the field."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def default() -> str:
    """The text of the rules that apply where no file is named."""
    return files("covid_core.alerts").joinpath("default.toml").read_text(encoding="utf-8")


def read(text: str) -> tuple[Rule, ...]:
    """The rules of a file, in its order; there may be none. Raises `BadRules` with all that is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules((f"not TOML: {error}",)) from None
    tables = content.get(_HEADING, [])
    problems = [f"{name}: not known here; rules are [[rule]]" for name in content if name != _HEADING]
    rules: list[Rule] = []
    if not isinstance(tables, list):
        raise BadRules((*problems, "rule: must be a list; begin each rule with [[rule]]"))
    for place, table in enumerate(tables, start=1):
        try:
            rule: Rule = msgspec.convert(table, Rule)
        except msgspec.ValidationError as error:
            problems.append(f"{_called(table, place)}: {_explained(error)}")
        else:
            problems += (f"rule {rule.name}: {problem}" for problem in _problems(rule))
            rules.append(rule)
    twice = [name for name, count in Counter(rule.name for rule in rules).items() if count > 1]
    problems += (f"rule {name}: another one has the same name" for name in twice)
    if problems:
        raise BadRules(tuple(problems))
    return tuple(rules)


def _called(table: Any, place: int) -> str:
    name = table.get("name") if isinstance(table, Mapping) else None
    return f"rule {name}" if isinstance(name, str) else f"rule number {place}"


def _explained(error: msgspec.ValidationError) -> str:
    message, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").removeprefix(".")
    return f"{field}: {message}" if field else message


def _problems(rule: Rule) -> Iterator[str]:
    unknown = [name for name in columns(rule) if name not in METRICS]
    if unknown:
        yield f"metric: there is no metric {', '.join(unknown)}; there are {', '.join(METRICS)}"
    if rule.source != MERGED and not SLUG.fullmatch(rule.source):
        yield f"source: {rule.source!r} is no source's name, e.g. phac, jhu or merged"
    for pattern in rule.regions:
        if not covered(msgspec.structs.replace(rule, regions=(pattern,))):
            yield f"regions: {pattern!r} is no region's code, and no pattern of one, e.g. CA-ON or CA-*"
    abroad = [code for code in covered(rule) if regions.get(code).country != "CA"]
    if rule.source == MERGED and abroad:
        yield f"source: merged is Canada's alone, and {abroad[0]} is elsewhere; name a publisher, e.g. jhu"
    if isinstance(rule, Stalled) and len(covered(rule)) == 1:
        yield "regions: one region stalls only beside others; name two or more"
    if isinstance(rule, Correction):
        if rule.metric not in FIELDS:
            yield f"metric: sources correct counts: {', '.join(FIELDS)}"
        if rule.of is Change.RESTATEMENT and rule.source == MERGED:
            yield "source: merged reports nothing itself; name whose restatements, e.g. phac or jhu"
