"""What is fuzzed: each target takes bytes, and raises where something untrue is taken or a wrong error comes.

Beside tests/unit/core/test_fuzz.py, which makes up inputs that are nearly right: here what the code does with
an input leads to the next.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from covid_core import control, dlq, inbox_sheet, keys, ledger, messages, records
from covid_core.formats import FormatError, Input, Kind, Parsed, parse, recognise
from covid_core.records import FIELDS, MAX_COUNT, Refused
from covid_core.rows import Row
from tests.unit.core.publishers_files import JHU_DAILY_ERAS, JHU_SERIES, NOW, PHAC_ERAS, PHAC_WEEKLY, table

NAMES: Final = ("covid19-download.csv", "time_series_covid19_deaths_global.csv", "03-22-2020.csv")


def record(data: bytes) -> None:
    """A message of `covid.records`: refused in a sentence, or just what its JSON says."""
    try:
        found = records.decode(data, NOW)
    except Refused as refused:
        assert refused.code
        assert len(refused.reason) < 500
        return
    said: dict[str, Any] = json.loads(data)
    assert (found.source, found.region, found.date.isoformat()) == (
        said["source"],
        said["region"],
        said["date"],
    )
    for field in FIELDS:
        number = getattr(found, field)
        assert number == said.get(field)
        assert number is None or 0 <= number <= records.MAX_COUNT
    for kind in ("deleted", "correction", "withdrawn"):
        assert getattr(found, kind) is said.get(kind, False)
    assert records.decode(records.encode(found), NOW) == found


def decoders(data: bytes) -> None:
    """Everything else that is decoded has one kind of error."""
    for decode, error in _DECODERS:
        with suppress(error):
            decode(data)
    # What is no entry of the list of finished files is none, and no error.
    entry = ledger.decode(data)
    assert entry is None or isinstance(entry, ledger.Finished)


_DECODERS: Final[tuple[tuple[Callable[[bytes], Any], type[Exception]], ...]] = (
    (messages.decode, messages.BadMessage),
    (dlq.decode, msgspec.DecodeError),
    (control.decode_generation, msgspec.DecodeError),
    (control.decode_drained, msgspec.DecodeError),
    (keys.parse, keys.BadList),
)


def file(data: bytes) -> None:
    """A publisher's file, whose name goes by the first byte: refused, or with counts that stand in it."""
    taken_as_it_stands(NAMES[(data or b"\0")[0] % len(NAMES)], data[1:])


def taken_as_it_stands(name: str, content: bytes) -> tuple[Kind, Parsed] | None:
    """What a file was taken as, if it was not refused; each count is one of its cells."""
    try:
        kind = recognise(Input(name, io.BytesIO(content))).kind
        parsed = parse(kind, [Input(name, io.BytesIO(content))], received_at=NOW)
    except FormatError as error:
        assert str(error).startswith(name)
        return None
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    numbers = _numbers({cell.strip() for row in rows for cell in row})
    for one in parsed.records:
        assert records.validate(one, NOW) == one
        if one.region != "CA" and kind.source != "jhu":  # sums stand nowhere
            for field in FIELDS:
                value = getattr(one, field)
                assert value is None or value in numbers, (field, value)
    return kind, parsed


def _numbers(cells: set[str]) -> set[float]:
    found = set()
    for cell in cells:
        try:
            found.add(float(cell.replace(",", "")))
        except ValueError:
            continue
    return found


def sheet(data: bytes) -> None:
    """A file of corrections: refused, or records."""
    try:
        inbox_sheet.parse(Input("corrections.csv", io.BytesIO(data)), NOW)
    except FormatError as error:
        assert str(error).startswith("corrections.csv")


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "record": record,
    "decoders": decoders,
    "file": file,
    "sheet": sheet,
}


def seeds(name: str) -> list[bytes]:
    """Inputs of a target to begin with, which it takes."""
    return _SEEDS[name]()


def _records() -> list[bytes]:
    key = {"source": "phac", "region": "CA-ON", "date": "2021-01-02"}
    said: list[dict[str, Any]] = [
        {"confirmed": 5, "deaths": 0},
        {"recovered": MAX_COUNT, "status": {"tests": "missing"}},
        {"deleted": True, "reported_at": "2021-01-02T23:59:59Z"},
        {"withdrawn": True},
        {"correction": True, "tests": 7, "status": {"deaths": "ended"}, "new": [1, None]},
    ]
    return [json.dumps(key | each).encode() for each in said]


def _others() -> list[bytes]:
    origin = dlq.LogOrigin(topic="covid.records", partition=1, offset=2)
    return [
        dlq.encode(dlq.letter("bad_json", "no record", origin, b"\xff")),
        *messages.encode([Row("phac", "CA-ON", dt.date(2021, 1, 2), confirmed=5, deaths_status="missing")]),
        b'{"generation":1,"metrics_end":{"0":5}}',
    ]


_REPORT: Final = {
    "Province/State": "Ontario",
    "Province_State": "Ontario",
    "Country/Region": "Canada",
    "Country_Region": "Canada",
    "Last Update": "2020-03-22 23:45:00",
    "Last_Update": "2020-03-22 23:45:00",
    "Confirmed": "5",
    "Deaths": "1",
    "Recovered": "0",
}


def _files() -> list[bytes]:
    ontario = {"pruid": "35", "prname": "Ontario", "prnameFR": "Ontario", "date": "2021-01-02"}
    daily = [table(header, [ontario | {"numtotal": "5", "numdeaths": "-"}]) for header in PHAC_ERAS.values()]
    weekly = table(PHAC_WEEKLY, [ontario | {"totalcases": "1", "numdeaths": "0"}])
    series = f"{JHU_SERIES},1/22/20,1/23/20\nOntario,Canada,1.5,-2.5,1,2\n,US,1.5,-2.5,,3\n"
    reports = [
        table(header, [{name: _REPORT[name] for name in header.split(",") if name in _REPORT}])
        for header in JHU_DAILY_ERAS.values()
    ]
    named = [(0, text) for text in (*daily, weekly)] + [(1, series)] + [(2, text) for text in reports]
    return [bytes([number]) + text.encode() for number, text in named]


def _sheets() -> list[bytes]:
    header = "source,region,date,confirmed,deaths"
    return [f"{header}\nphac,CA-ON,2021-01-02,5,\n".encode(), f"{header}\r\n".encode()]


_SEEDS: Final[dict[str, Callable[[], list[bytes]]]] = {
    "record": _records,
    "decoders": _others,
    "file": _files,
    "sheet": _sheets,
}
