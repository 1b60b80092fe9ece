"""Johns Hopkins' names of places, and the code that each has."""

from __future__ import annotations

import pytest

from covid_core.formats.jhu_places import Place, UnknownPlace, place_of


@pytest.mark.parametrize(
    ("country", "province", "country_code", "region"),
    [
        ("Canada", "Toronto, ON", "CA", "CA-ON"),
        ("Canada", " Montreal, QC", "CA", "CA-QC"),
        ("Canada", "Calgary, Alberta", "CA", "CA-AB"),
        ("Canada", "Repatriated Travellers", "CA", "CA-XR"),
        ("Canada", "Grand Princess", "CA", "CA-XG"),
        ("Australia", "From Diamond Princess", "AU", "AU-XD"),
        ("Israel", "From Diamond Princess", "IL", "IL-XD"),
        ("Australia", "Jervis Bay Territory", "AU", "AU-XJ"),
        ("Others", "Diamond Princess cruise ship", "XD", "XD"),
        ("Cruise Ship", "Diamond Princess", "XD", "XD"),
        ("Diamond Princess", "", "XD", "XD"),
        ("MS Zaandam", "", "XZ", "XZ"),
        ("Summer Olympics 2020", "", "XO", "XO"),
        ("Winter Olympics 2022", "", "XW", "XW"),
        ("United Kingdom", "Channel Islands", "GB", "XC"),
        ("United Kingdom", "Bermuda", "GB", "BM"),
        ("United Kingdom", "Falkland Islands (Malvinas)", "GB", "FK"),
        ("UK", "UK", "GB", "GB"),
        ("France", "France", "FR", "FR"),
        ("France", "Reunion", "FR", "RE"),
        ("Denmark", "Faroe Islands", "DK", "FO"),
        ("Netherlands", "Bonaire, Sint Eustatius and Saba", "NL", "BQ"),
        ("China", "Unknown", "CN", "CN-XX"),
        ("Mainland China", "Hubei", "CN", "CN-HB"),
        ("China", "Macau", "CN", "MO"),
        ("Taiwan*", "", "TW", "TW"),
        ("Korea, South", "", "KR", "KR"),
        ("Congo (Kinshasa)", "", "CD", "CD"),
        ("Cote d'Ivoire", "", "CI", "CI"),
        ("West Bank and Gaza", "", "PS", "PS"),
        ("Iraq", "None", "IQ", "IQ"),
        ("US", "Georgia", "US", "US-GA"),
        ("Georgia", "", "GE", "GE"),
        ("Mexico", "Mexico", "MX", "MX-MEX"),
        ("Nigeria", "Niger", "NG", "NG-NI"),
        ("Belgium", "Luxembourg", "BE", "BE-WLX"),
        ("US", "King County, WA", "US", "US-WA"),
        ("US", "Washington, D.C.", "US", "US-DC"),
        ("US", "Lackland, TX (From Diamond Princess)", "US", "US-XD"),
        ("US", "Unassigned Location (From Diamond Princess)", "US", "US-XD"),
        ("US", "Unassigned Location, WA", "US", "US-WA"),
        ("US", "Virgin Islands, U.S.", "US", "VI"),
        ("US", "Puerto Rico", "US", "PR"),
        ("Germany", "Thuringen", "DE", "DE-TH"),
        ("Brazil", "Sao Paulo", "BR", "BR-SP"),
        ("Russia", "Sakha (Yakutiya) Republic", "RU", "RU-SA"),
        ("Ukraine", "Kiev Oblast", "UA", "UA-32"),
        ("Japan", "Port Quarantine", "JP", "JP-XQ"),
        ("India", "Dadra and Nagar Haveli and Daman and Diu", "IN", "IN-DH"),
    ],
)  # fmt: skip
def test_places(country: str, province: str, country_code: str, region: str) -> None:
    place = place_of(country, province)
    assert (place.country, place.region) == (country_code, region)


def test_the_recovered_row_is_a_place_of_its_kind() -> None:
    assert place_of("Canada", "Recovered") == Place("CA", "CA", recovered_only=True)


@pytest.mark.parametrize(
    ("country", "province", "known"),
    [("Narnia", "", None), ("", "", None), ("Canada", "Toronto, ZZ", "CA"), ("Canada", "x" * 999, "CA")],
)
def test_unknown_places(country: str, province: str, known: str | None) -> None:
    with pytest.raises(UnknownPlace) as caught:
        place_of(country, province)
    assert caught.value.country == known
