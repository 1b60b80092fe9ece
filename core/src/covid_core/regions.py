"""The regions the tracker knows, and their populations, from the packaged `regions.csv` and `population.csv`.

Codes are ISO 3166: countries by alpha-2 (`CA`), provinces and states by ISO 3166-2 (`CA-ON`). A territory
with a country code of its own uses that (`GL`, `HK`). What ISO does not list has a code from its
user-assigned range: `XK` Kosovo, `XD` a ship, and within a country `-X?`, e.g. `CA-XR` repatriated
travellers. `regions.csv` explains each in its column `note`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec


class Kind(StrEnum):
    """What a region is."""

    COUNTRY = "country"
    PROVINCE = "province"
    """A first-level subdivision: province, territory, state, …"""
    GROUP = "group"
    """People counted apart from any place: a ship's, travellers, cases without a known place."""


class Region(msgspec.Struct, frozen=True):
    """One region. `name_fr` and `pruid` (Statistics Canada's number) are Canada's only."""

    code: str
    kind: Kind
    name: str
    name_fr: str | None = None
    pruid: int | None = None
    note: str | None = None

    @property
    def country(self) -> str:
        """Code of the country the region belongs to (its own, for a country)."""
        return self.code.partition("-")[0]


def _rows(name: str) -> list[dict[str, str]]:
    text = files("covid_core").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _region(row: Mapping[str, str]) -> Region:
    return Region(
        code=row["code"],
        kind=Kind(row["kind"]),
        name=row["name"],
        name_fr=row["name_fr"] or None,
        pruid=int(row["pruid"]) if row["pruid"] else None,
        note=row["note"] or None,
    )


ALL: Final[tuple[Region, ...]] = tuple(_region(row) for row in _rows("regions.csv"))
"""Every region: Canada first, then countries by code, then the provinces and states of others."""

_BY_CODE: Final[Mapping[str, Region]] = MappingProxyType({region.code: region for region in ALL})

PROVINCES: Final[tuple[str, ...]] = tuple(
    region.code for region in ALL if region.country == "CA" and region.kind is Kind.PROVINCE
)
"""Codes of Canada's 13 provinces and territories, east to west and then north (by pruid)."""

BY_PRUID: Final[Mapping[int, str]] = MappingProxyType(
    {region.pruid: region.code for region in ALL if region.pruid is not None}
)
"""Statistics Canada's number → region code; 1 is Canada and 99 the repatriated travellers."""

_POPULATION: Final[Mapping[str, int]] = MappingProxyType(
    {row["region"]: int(row["population"]) for row in _rows("population.csv")}
)


def is_known(code: str) -> bool:
    """Whether `code` is exactly (case and all) the code of a region."""
    return code in _BY_CODE


def get(code: str) -> Region:
    """The region of a code. Raises `KeyError` for an unknown one."""
    return _BY_CODE[code]


def population(code: str) -> int | None:
    """Residents on 2021-07-01 (Statistics Canada, table 17-10-0009-01), of Canada and its provinces only."""
    return _POPULATION.get(code)


ALL_COUNTRIES: Final = "all"


def countries(text: str) -> frozenset[str] | None:
    """The codes of countries in `CA` or `CA, US`; None for `all`. Raises `ValueError`, with a sentence, where
    one is none: of a province no file would be read."""
    if text.strip().lower() == ALL_COUNTRIES:
        return None
    codes = frozenset(code.strip() for code in text.split(",") if code.strip())
    unknown = sorted(code for code in codes if not is_known(code) or get(code).kind is Kind.PROVINCE)
    if unknown or not codes:
        raise ValueError(f"{', '.join(unknown) or text!r} is no country's code such as CA or US, nor all")
    return codes
