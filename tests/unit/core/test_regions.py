"""The regions: codes, Canada's provinces, populations."""

from __future__ import annotations

import pytest

from covid_core import regions
from covid_core.regions import Kind


def test_codes_are_unique_and_well_formed() -> None:
    codes = [region.code for region in regions.ALL]
    assert len(set(codes)) == len(codes)
    for region in regions.ALL:
        country, dash, part = region.code.partition("-")
        assert len(country) == 2
        assert country.isalpha()
        assert country.isupper()
        assert bool(dash) == bool(part)
        assert len(part) <= 3
        assert regions.is_known(region.country)
        assert region.name == region.name.strip() != ""


def test_every_iso_country_is_known() -> None:
    """ISO 3166-1 has 249 entries; Kosovo's XK is user-assigned."""
    assert len([r for r in regions.ALL if r.kind is Kind.COUNTRY]) == 250


def test_canada_has_13_provinces_east_to_west_and_then_north() -> None:
    names = [regions.get(code).name for code in regions.PROVINCES]
    assert (names[0], names[5], names[9], names[-1]) == (
        "Newfoundland and Labrador",
        "Ontario",
        "British Columbia",
        "Nunavut",
    )
    assert len(names) == 13
    pruids = [regions.get(code).pruid or 0 for code in regions.PROVINCES]
    assert pruids == sorted(pruids)


def test_canadas_regions_have_their_french_names_and_numbers() -> None:
    assert regions.get("CA-QC").name_fr == "Québec"
    assert regions.get("CA-PE").name_fr == "Île-du-Prince-Édouard"
    assert regions.BY_PRUID[1] == "CA"
    assert regions.BY_PRUID[35] == "CA-ON"
    assert regions.BY_PRUID[99] == "CA-XR"
    assert len(regions.BY_PRUID) == 15
    assert regions.get("FR").name_fr is None


@pytest.mark.parametrize("code", ["CA-XR", "CA-XD", "CA-XG", "XD", "XZ", "XO", "XW", "CN-XX", "US-XX"])
def test_people_without_a_place_are_groups(code: str) -> None:
    assert regions.get(code).kind is Kind.GROUP
    assert regions.population(code) is None


@pytest.mark.parametrize("code", ["ca", "CA-on", "CA-ZZ", "", "CA-", " CA", "ZZ", "CAN", "CA-ON "])
def test_membership_is_strict(code: str) -> None:
    assert not regions.is_known(code)
    with pytest.raises(KeyError):
        regions.get(code)


def test_populations_are_statistics_canadas() -> None:
    assert regions.population("CA") == 38_246_108
    assert sum(regions.population(code) or 0 for code in regions.PROVINCES) == 38_246_108
    assert regions.population("FR") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [("CA", {"CA"}), ("CA,US", {"CA", "US"}), (" CA, US ,", {"CA", "US"}), ("all", None), (" All ", None)],
)
def test_countries_are_named_by_their_codes(text: str, codes: set[str] | None) -> None:
    assert regions.countries(text) == codes


@pytest.mark.parametrize("text", ["", ",", "CA-ON", "CA,CA-ON", "ca", "Canada", "ZZ"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no country's code such as CA or US, nor all"):
        regions.countries(text)
