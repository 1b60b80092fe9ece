"""The places of Johns Hopkins' files: pairs of country and province in its own spelling → regions.

Names are compared without case, accents and punctuation, first with `jhu_places.csv` (spellings that differ
from ours), then with `regions.csv`.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from covid_core.regions import ALL, Kind, is_known

_RECOVERED: Final = "recovered"
_BLANK: Final = frozenset({"", "none"})
_UNPLACED: Final = re.compile(r"\b(unknown|unassigned)\b")
_SHIPS: Final = {"diamond princess": "XD", "grand princess": "XG"}


class UnknownPlace(ValueError):
    """A country or province that no table knows. `country` is its code where that much is known."""

    def __init__(self, reason: str, country: str | None) -> None:
        super().__init__(reason)
        self.country = country


class Place(NamedTuple):
    """Where a row of JHU counts.

    `country` is the code of JHU's country, which for a territory is not the region's own: Greenland is a
    row of Denmark (`DK`) with region `GL`. `whole` says the row is the country's own; `recovered_only`
    marks JHU's `Recovered` rows, which hold a country's recovered and nothing else.
    """

    country: str
    region: str
    whole: bool = False
    recovered_only: bool = False


def simplified(name: str) -> str:
    """A name without case, accents and punctuation: `Côte d'Ivoire` → `cote divoire`."""
    plain = unicodedata.normalize("NFKD", name.replace("'", "").replace("’", "")).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def _tables() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    countries = {simplified(region.name): region.code for region in ALL if "-" not in region.code}
    provinces = {
        (region.country, simplified(region.name)): region.code for region in ALL if "-" in region.code
    }
    text = files("covid_core.formats").joinpath("jhu_places.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        country, province = simplified(row["country"]), simplified(row["province"])
        if province:
            provinces[countries[country], province] = row["code"]
        else:
            countries[country] = row["code"]
    return countries, provinces


_COUNTRIES, _PROVINCES = _tables()
_LONGEST: Final = 200
"""No name is longer; what is longer never reaches the cache."""
_GROUPS: Final = frozenset(r.code for r in ALL if r.kind is Kind.GROUP and "-" not in r.code)


def country_of(country: str) -> str | None:
    """The code of a country as JHU spells it, or None."""
    return _COUNTRIES.get(simplified(country[: _LONGEST + 1]))


@lru_cache(maxsize=8192)
def place_of(country: str, province: str) -> Place:
    """The place of a row, e.g. `("Canada", "Toronto, ON")` → `CA-ON`. Raises `UnknownPlace`."""
    code = country_of(country)
    if len(country) + len(province) > _LONGEST:
        raise UnknownPlace(f"{province[:60]!r}… is too long for a place's name", code)
    if code is None:
        raise UnknownPlace(f"{country[:60]!r} is no country that JHU's files are known to name", None)
    name = simplified(province)
    if name == _RECOVERED:
        return Place(code, code, recovered_only=True)
    region = _PROVINCES.get((code, name))
    if region:
        return Place(code, region)
    if name in _BLANK or code in _GROUPS or _COUNTRIES.get(name) == code:
        return Place(code, code, whole=True)
    region = _province_of_city(code, province) or _unplaced(code, name) or _COUNTRIES.get(name)
    if region is None:
        raise UnknownPlace(f"{province[:60]!r} is no known place of {country[:60]}", code)
    return Place(code, region)


def _unplaced(country: str, name: str) -> str | None:
    """People counted apart from any place: on a ship, or not assigned to a province."""
    code = next((f"{country}-{suffix}" for ship, suffix in _SHIPS.items() if ship in name), None)
    if code is None and _UNPLACED.search(name):
        code = f"{country}-XX"
    return code if code and is_known(code) else None


def _province_of_city(country: str, province: str) -> str | None:
    """`Toronto, ON`, ` Montreal, QC`, `Calgary, Alberta`, `King County, WA` → their province."""
    _, comma, tail = province.rpartition(",")
    if not comma:
        return None
    code = f"{country}-{tail.strip()}"
    return code if is_known(code) else _PROVINCES.get((country, simplified(tail)))
