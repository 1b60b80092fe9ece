"""Files damaged at random: parsing always ends, with records and refusals or one clear error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covid_core.formats import FormatError
from covid_core.records import validate
from tests.unit.core.publishers_files import JHU_DAILY_ERAS, NOW, PHAC_ERAS, PHAC_WEEKLY, read, series, table

_PHAC_ROW = {"pruid": "24", "prname": "Quebec", "prnameFR": "Québec", "numdeaths": "3.0"}
_DAYS = ("2021-01-13", "2021-01-14")
_REPORT = [
    {"Province_State": place, "Country_Region": "Canada", "Confirmed": "5", "Deaths": "1", "Recovered": "0"}
    for place in ("Ontario", "Quebec", "Recovered")
]
FILES = {
    "covid19-download.csv": table(
        PHAC_ERAS["40"], [{**_PHAC_ROW, "date": day, "numtotal": "20", "update": "0"} for day in _DAYS]
    ),
    "covid19-weekly.csv": table(
        PHAC_WEEKLY, [{**_PHAC_ROW, "date": day, "totalcases": "-"} for day in _DAYS], end="\r\n"
    ),
    "time_series_deaths_global.csv": series(
        ("1/22/20", "1/23/20"), {("Canada", "Ontario"): (1, 2), ("Canada", "Quebec"): (3, "")}
    ),
    "03-22-2020.csv": table(JHU_DAILY_ERAS["12"], _REPORT),
}

_PIECES = st.sampled_from(
    (b"", b",", b"\n", b"\r", b'"', b"-", b".5", b"\xe9", b"\x00", b"N/A", b"0", b"9" * 30, b"2031", b"/")
)


@given(
    name=st.sampled_from(sorted(FILES)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), _PIECES), min_size=1, max_size=6),
)
def test_damage_gives_refusals_or_one_error(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    data = FILES[name].encode()
    for where, length, piece in edits:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + length :]
    try:
        parsed = read({name: data})
    except FormatError as error:
        assert str(error).startswith(name)
        assert error.reason
        return
    keys = [(record.date, record.region) for record in parsed.records]
    assert keys == sorted(set(keys))
    for record in parsed.records:
        assert validate(record, NOW) == record
    for refusal in parsed.refusals:
        assert refusal.file == name
        assert refusal.reason
        assert len(refusal.raw) == refusal.length


def test_the_undamaged_files_are_read_whole() -> None:
    for name, text in FILES.items():
        parsed = read({name: text})
        assert list(parsed.refusals) == []
        assert parsed.records
