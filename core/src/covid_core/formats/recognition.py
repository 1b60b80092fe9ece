"""Which publisher's file it is, told from its header (and, for JHU's, its name)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from covid_core.formats.dates import shape_of
from covid_core.formats.model import FormatError, Input, Kind, Refusals, Unrecognised
from covid_core.formats.sheet import Sheet

JHU_PROVINCE: Final = ("Province/State", "Province_State")
JHU_COUNTRY: Final = ("Country/Region", "Country_Region")
SERIES_FIELDS: Final = ("confirmed", "deaths", "recovered")

_PHAC: Final = frozenset({"pruid", "prname", "date", "numdeaths"})
_JHU_DAILY_COUNTS: Final = frozenset({"Confirmed", "Deaths", "Recovered"})
_JHU_DAILY_NAME: Final = re.compile(r"(?<![0-9])([0-9]{2})-([0-9]{2})-([0-9]{4})(?![0-9])")


class Recognised(NamedTuple):
    """What a file is: its kind, and what only its name tells (a series' field, a daily report's date)."""

    kind: Kind
    field: str | None = None
    date: dt.date | None = None

    @property
    def meaning(self) -> str | None:
        """What only the name tells, as text."""
        return self.field or (self.date.isoformat() if self.date else None)


def recognise(source: Input) -> Recognised:
    """Tell a file's kind from its first line, which is read from the stream.

    Raises `Unrecognised` for a file of nobody we know, another `FormatError` for one that is recognised
    but cannot be used (a wrong encoding, a name that does not say what the header cannot).
    """
    return recognise_header(source.name, Sheet(source, Refusals()).header)


def recognise_header(name: str, header: Sequence[str]) -> Recognised:
    """`recognise`, from a header that has been read."""
    columns = frozenset(header)
    if columns >= _PHAC and "totalcases" in columns:
        return Recognised(Kind.PHAC_WEEKLY)
    if columns >= _PHAC and "numtotal" in columns:
        return Recognised(Kind.PHAC_DAILY)
    if columns.intersection(JHU_PROVINCE) and columns.intersection(JHU_COUNTRY):
        if columns >= _JHU_DAILY_COUNTS:
            return Recognised(Kind.JHU_DAILY, date=_date_in(name))
        if any(shape_of(column) for column in header):
            return Recognised(Kind.JHU_SERIES, field=_field_in(name))
    shown = ",".join(header)
    raise Unrecognised(
        "unknown_header",
        f"the header is none of PHAC's or JHU's: {shown[:120]}{'…' if len(shown) > 120 else ''}",
        file=name,
        line=1,
    )


def _field_in(name: str) -> str:
    fields = [field for field in SERIES_FIELDS if field in name.casefold()]
    if len(fields) != 1:
        raise FormatError(
            "bad_name",
            "JHU's three time series have the same header, so the file's name must hold one of the words "
            "confirmed, deaths or recovered, e.g. time_series_covid19_deaths_global.csv",
            file=name,
        )
    return fields[0]


def _date_in(name: str) -> dt.date:
    match = _JHU_DAILY_NAME.search(name)
    try:
        if match:
            return dt.date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise FormatError(
        "bad_name",
        "a daily report of JHU has its date in its name only; name it MM-DD-YYYY.csv, e.g. 03-22-2020.csv",
        file=name,
    )
