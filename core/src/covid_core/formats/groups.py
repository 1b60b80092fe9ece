"""Which files are read together: JHU's time series, up to three; every other file alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol, TypeVar

from covid_core.formats.model import Kind


class Described(Protocol):
    """What is known of a file before it is parsed."""

    @property
    def kind(self) -> Kind: ...

    @property
    def folder(self) -> str: ...

    @property
    def meaning(self) -> str | None:
        """What only its name tells: a series' field, a daily report's date."""

    @property
    def newest(self) -> dt.date | None: ...


F = TypeVar("F", bound=Described)


def grouped(files: Iterable[F]) -> list[tuple[F, ...]]:
    """JHU's time series of one folder and newest day together, one of each field; every other file alone."""
    groups: list[tuple[F, ...]] = []
    series: dict[tuple[str, dt.date | None, str | None], list[F]] = {}
    for file in files:
        if file.kind is Kind.JHU_SERIES:
            series.setdefault((file.folder, file.newest, file.meaning), []).append(file)
        else:
            groups.append((file,))
    vintages: dict[tuple[str, dt.date | None, int], list[F]] = {}
    for (folder, last, _), same in series.items():
        for nth, file in enumerate(same):
            vintages.setdefault((folder, last, nth), []).append(file)
    return groups + [tuple(one) for one in vintages.values()]
