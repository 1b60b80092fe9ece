"""Small files in the publishers' formats, one function an era, for the tests of the formats."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping

from covid_core.formats import Input, Kind, Parsed, Refusal, parse, recognise
from covid_core.records import Record

NOW = dt.datetime(2024, 10, 1, 12, tzinfo=dt.UTC)

_9 = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday"
_11 = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtested,numtoday,percentoday"
_14 = (
    "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtested,numrecover,percentrecover,"
    "ratetested,numtoday,percentoday"
)
_15 = _14 + ",ratetotal"
_21 = _15 + ",ratedeaths,deathstoday,percentdeath,testedtoday,recoveredtoday,percentactive"
_27 = _21 + ",numactive,rateactive,numtotal_last14,ratetotal_last14,numdeaths_last14,ratedeaths_last14"
_35 = _27.replace("deathstoday", "numdeathstoday") + (
    ",numtotal_last7,ratetotal_last7,numdeaths_last7,ratedeaths_last7,avgtotal_last7,avgincidence_last7,"
    "avgdeaths_last7,avgratedeaths_last7"
)
_36 = _35.replace("date,numconf", "date,update,numconf")
_39 = (
    _36.replace("numtested,", "numtested,numtests,")
    .replace("ratetested,", "ratetested,ratetests,")
    .replace("testedtoday,", "testedtoday,numteststoday,")
)
_40 = _39 + ",avgtests_last7"
_40_BIS = _39 + ",raterecovered"
PHAC_ERAS = {
    "9": _9,
    "11": _11,
    "14": _14,
    "15": _15,
    "21": _21,
    "27": _27,
    "35": _35,
    "36": _36,
    "39": _39,
    "40": _40,
    "40 bis": _40_BIS,
}
"""Headers of the daily file by its number of columns."""

PHAC_WEEKLY = (
    "pruid,prname,prnameFR,date,reporting_week,reporting_year,update,totalcases,numtotal_last7,ratecases_total,"
    "numdeaths,numdeaths_last7,ratedeaths,ratecases_last7,ratedeaths_last7,numtotal_last14,numdeaths_last14,"
    "ratetotal_last14,ratedeaths_last14,avgcases_last7,avgincidence_last7,avgdeaths_last7,avgratedeaths_last7"
)
JHU_SERIES = "Province/State,Country/Region,Lat,Long"
JHU_DAILY_ERAS = {
    "6": "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered",
    "8": "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered,Latitude,Longitude",
    "12": "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,Active,"
    "Combined_Key",
    "14": "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,Active,"
    "Combined_Key,Incidence_Rate,Case-Fatality_Ratio",
    "14 mixed": "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,"
    "Active,Combined_Key,Incident_Rate,Case-Fatality_Ratio",
    "14 last": "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,"
    "Active,Combined_Key,Incident_Rate,Case_Fatality_Ratio",
}
"""Headers of the daily reports by their number of columns."""


def table(header: str, rows: Iterable[Mapping[str, str] | str], end: str = "\n") -> str:
    """A CSV file: each row by column name, other columns blank; a row given as text is taken as it is."""
    names = header.split(",")
    lines = [header]
    for row in rows:
        if isinstance(row, str):
            lines.append(row)
            continue
        assert row.keys() <= set(names), row.keys() - set(names)
        lines.append(",".join(_quoted(row.get(name, "")) for name in names))
    return end.join([*lines, ""])


def series(days: Iterable[str], rows: Mapping[tuple[str, str], Iterable[object]]) -> str:
    """One of JHU's time series: rows by country and province."""
    header = ",".join([JHU_SERIES, *days])
    lines = [header]
    for (country, province), cells in rows.items():
        lines.append(",".join([_quoted(province), _quoted(country), "1.5", "-2.5", *map(str, cells)]))
    return "\n".join([*lines, ""])


def read(
    files: Mapping[str, str | bytes],
    *,
    countries: frozenset[str] | None = None,
    received_at: dt.datetime | None = NOW,
    reported_at: dt.datetime | None = None,
) -> Parsed:
    """Recognise the first file's kind and parse all of them together."""
    inputs = [source(name, content) for name, content in files.items()]
    kind = recognise(inputs[0]).kind
    for each in inputs:
        each.stream.seek(0)
    return parse(kind, inputs, countries=countries, received_at=received_at, reported_at=reported_at)


def phac(text: str | bytes, name: str = "covid19-download.csv") -> Parsed:
    """Parse one file of PHAC."""
    parsed = read({name: text})
    assert parsed.kind in (Kind.PHAC_DAILY, Kind.PHAC_WEEKLY)
    return parsed


def source(name: str, content: str | bytes) -> Input:
    """A file in memory."""
    return Input(name, io.BytesIO(content.encode() if isinstance(content, str) else content))


def only(parsed: Parsed) -> Record:
    """The one record, where nothing was refused."""
    assert list(parsed.refusals) == []
    (record,) = parsed.records
    return record


def refused(parsed: Parsed) -> Refusal:
    """The one refusal."""
    (refusal,) = parsed.refusals
    return refusal


def by_id(parsed: Parsed) -> dict[str, Record]:
    """The records by id."""
    found = {record.id: record for record in parsed.records}
    assert len(found) == len(parsed.records)
    return found


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell
