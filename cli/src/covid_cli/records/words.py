"""What the shell offers at Tab for a region, a source or a metric: (word, what it means)."""

from __future__ import annotations

from collections.abc import Iterator

from covid_core import regions
from covid_core.catalog.codes import SOURCES
from covid_core.catalog.measures import MEASURES

Word = tuple[str, str]


def region_words(incomplete: str) -> Iterator[Word]:
    """Codes of regions, in any case of letters."""
    for region in regions.ALL:
        if region.code.startswith(incomplete.upper()):
            yield region.code, region.name


def source_words(incomplete: str) -> Iterator[Word]:
    """Sources that are known beforehand; a publisher may have a slug of its own."""
    for source in SOURCES:
        if source.id.startswith(incomplete):
            yield source.id, source.name.en


def metric_words(incomplete: str) -> Iterator[Word]:
    """What `covid chart` draws."""
    for measure in MEASURES:
        if measure.column.startswith(incomplete):
            yield measure.column, measure.title.en
