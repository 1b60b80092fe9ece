"""A publisher's file whose schema has changed is told from a file of nobody."""

from __future__ import annotations

from io import BytesIO

import pytest

from covid_core.formats import FormatError, Input, Unrecognised, recognise


@pytest.mark.parametrize(
    ("header", "lost"),
    [
        ("pruid,prname,prnameFR,date,numdeaths,numcases", "PHAC's but lacks numtotal or totalcases"),
        ("pruid,prname,day,numdeaths,numtotal", "PHAC's but lacks date"),
        ("Province/State,Country,Lat,Long,1/22/20,1/23/20", "JHU's but lacks Country/Region"),
        ("Province,Country_Region,Lat,Long,1/22/20,1/23/20", "JHU's but lacks Province/State"),
    ],
)
def test_a_column_that_went_missing_is_named(header: str, lost: str) -> None:
    with pytest.raises(FormatError) as caught:
        recognise(Input("a.csv", BytesIO(f"{header}\n".encode())))
    assert caught.value.code == "changed_header"
    assert not isinstance(caught.value, Unrecognised)
    assert lost in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        "region,population,reference_date,source",
        "UID,iso2,iso3,code3,FIPS,Admin2,Province_State,Country_Region,Lat,Long_,Combined_Key,Population",
    ],
)
def test_another_table_stays_a_file_of_nobody(header: str) -> None:
    with pytest.raises(Unrecognised):
        recognise(Input("a.csv", BytesIO(f"{header}\n".encode())))
