"""Whatever stands in a message, a file or a list of keys is taken as what it is, or refused: nothing crashes,
and nothing wrong is taken in silence. 100,000 inputs each: COVID_TEST_EXAMPLES=100000 (docs/security.md)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from covid_api import cursor
from covid_api.problems import Problem
from covid_api.reader import Selection
from covid_core import control, dlq, inbox_sheet, keys, ledger, messages, records, regions
from covid_core.formats import FormatError, Input, recognise
from covid_core.records import FIELDS, MAX_COUNT, Refused, Status
from tests.examples import examples
from tests.fuzz.targets import taken_as_it_stands
from tests.unit.core.publishers_files import JHU_DAILY_ERAS, NOW, PHAC_ERAS, PHAC_WEEKLY

fuzzed = settings(
    max_examples=examples(300),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# --- messages

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 5, MAX_COUNT, MAX_COUNT + 1])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["5", "1e3", "missing", "ended", "", " 5"])
)


def _mostly(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the good one, so that a message is often right but for one thing."""
    return st.sampled_from([good] * 4 * len(others) + [*others])


_COUNT = st.integers(0, 9).flatmap(lambda digit: _SCALARS if digit == 0 else st.integers(0, 9) | st.none())
_MESSAGES = st.fixed_dictionaries(
    {
        "source": _mostly("phac", "merged", "my-lab", "My Lab", "phac\n", "", "a" * 64, 5),
        "region": _mostly("CA-ON", "CA", "CA-ZZ", "ca", "", 5, None),
        "date": _mostly("2021-01-02", "2021-1-2", "2021-02-30", "1999-01-01", "2031-01-01", "20210102", 5),
    },
    optional={
        **dict.fromkeys(FIELDS, _COUNT),
        "status": st.integers(0, 9).flatmap(
            lambda digit: _SCALARS
            if digit == 0
            else st.dictionaries(
                _mostly("tests", "confirmed", "cases"), _mostly("missing", *Status, "unknown"), max_size=2
            )
        ),
        "reported_at": _mostly(
            "2021-01-02T23:59:59Z", "2021-01-02T23:59:59", "2021-01-02", "2031-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", 1609630000, None,
        ),
        "deleted": _mostly(False, True, True, "true", 1, None),
        "correction": _mostly(False, True, "true", 1, None),
        "withdrawn": _mostly(False, True, True, "true", 1, None),
        "from_a_newer_version": _SCALARS,
    },
)  # fmt: skip


def _is_record(message: dict[str, Any]) -> bool:
    """Whether a message is a record, said once more and without the code that is tried."""
    return all((_is_json(message), _key_is_good(message), _kinds_are_good(message), _time_is_good(message)))


def _is_json(message: dict[str, Any]) -> bool:
    """Whether Python writes it as JSON, which has neither NaN nor infinity."""
    try:
        return bool(json.dumps(message, allow_nan=False))
    except ValueError:
        return False


def _key_is_good(message: dict[str, Any]) -> bool:
    source, region, date = (message.get(name) for name in ("source", "region", "date"))
    return (
        isinstance(source, str)
        and re.fullmatch("[a-z0-9][a-z0-9-]{0,62}", source) is not None
        and source != "merged"
        and region in {known.code for known in regions.ALL}
        # Of the days tried, the only one that is written right, exists, and is neither too old nor to come.
        and date == "2021-01-02"
    )


def _time_is_good(message: dict[str, Any]) -> bool:
    return message.get("reported_at") in (None, "2021-01-02T23:59:59Z")


def _kinds_are_good(message: dict[str, Any]) -> bool:
    flags = [message.get(kind, False) for kind in ("deleted", "correction", "withdrawn")]
    counts = {field: message.get(field) for field in FIELDS}
    status = message.get("status", {})
    if not all(flag is True or flag is False for flag in flags):
        return False
    if not all(
        value is None or (type(value) is int and 0 <= value <= MAX_COUNT) for value in counts.values()
    ):
        return False
    if not isinstance(status, dict) or not set(status) <= set(FIELDS):
        return False
    if not all(value in set(Status) for value in status.values()):
        return False
    if any(value != Status.NOT_DUE and counts[field] is not None for field, value in status.items()):
        return False
    says = bool(status) or any(value is not None for value in counts.values())
    deleted, _, withdrawn = flags
    return not (deleted and withdrawn) and says is not (deleted or withdrawn)


@fuzzed
@given(_MESSAGES)
def test_a_message_is_taken_exactly_when_it_is_a_record(message: dict[str, Any]) -> None:
    value = json.dumps(message).encode()
    try:
        record = records.decode(value, NOW)
    except Refused as refused:
        assert not _is_record(message), refused.reason
        assert refused.code
        assert len(refused.reason) < 500
        return
    assert _is_record(message)
    event("taken")
    for field in FIELDS:
        assert getattr(record, field) == message.get(field)
    assert records.decode(records.encode(record), NOW) == record


@fuzzed
@given(
    st.binary(max_size=300)
    | st.recursive(_SCALARS, st.lists, max_leaves=20).map(lambda each: json.dumps(each).encode())
)
def test_bytes_are_no_record(value: bytes) -> None:
    with pytest.raises(Refused):
        records.decode(value, NOW)


@pytest.mark.parametrize(
    "value", [b"[" * 200_000, b'{"a":' * 200_000, b'"' + b"\\u0000" * 100_000, b"1" * 20_000_000]
)
def test_deep_and_long_messages_are_refused_quickly(value: bytes) -> None:
    with pytest.raises(Refused) as raised:
        records.decode(value, NOW)
    assert len(raised.value.reason) < 500


def test_a_message_is_utf_8_also_in_what_is_passed_over() -> None:
    """Found by `make fuzz`: the decoder does not look into fields that it does not know."""
    value = b'{"source": "phac", "region": "CA-ON", "date": "2021-01-02", "deaths": 0, "newer": "%s"}'
    assert records.decode(value % "é".encode(), NOW).deaths == 0
    with pytest.raises(Refused, match="not JSON"):
        records.decode(value % b"\x84", NOW)


_BROKEN = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 100_000, b'{"code":"\xff"}', b'{"rows":[[[[[[', b'"\xff"', b"\xff"]
    )
    | st.tuples(
        st.sampled_from([b'{"name":', b'{"columns":', b'{"raw":', b'["']), st.binary(max_size=20)
    ).map(b"".join)
)


@fuzzed
@given(_BROKEN)
def test_every_decoder_has_one_error_for_bytes(value: bytes) -> None:
    one_line = value.replace(b"\n", b"").replace(b"\r", b"")
    with pytest.raises(keys.BadList):
        keys.parse(b"x" + one_line)
    if one_line.strip():
        with pytest.raises(keys.BadList):
            keys.parse(one_line)
    assert ledger.decode(value) is None
    for decode in (dlq.decode, control.decode_generation, control.decode_drained):
        with pytest.raises(msgspec.DecodeError):
            decode(value)
    with pytest.raises(messages.BadMessage):
        messages.decode(value)


@fuzzed
@given(
    st.text(max_size=80)
    | st.tuples(
        _mostly("phac", "phac\n", "merged", "PHAC"),
        _mostly("CA-ON", "CA-ON ", "CA-ZZ"),
        _mostly("2021-01-02", "20210102", "2021-W01-6", "2021-01-02 ", "2021-1-2", "٢٠٢١-01-02"),
    ).map(":".join)
)
def test_an_id_or_cursor_is_what_it_is_or_refused(text: str) -> None:
    try:
        key = records.parse_id(text)
    except Refused:
        pass
    else:
        assert records.record_id(key.source, key.region, key.date) == text
    selection = Selection("phac", ("CA",), False, dt.date.min, dt.date.max, ())
    with pytest.raises(Problem):
        cursor.decode(selection, text)


# --- files

_HEADERS = st.sampled_from(
    [
        *PHAC_ERAS.values(),
        PHAC_WEEKLY,
        *JHU_DAILY_ERAS.values(),
        "Province/State,Country/Region,Lat,Long,1/22/20,1/23/20",
    ]
)
_NAMES = ("covid19-download.csv", "time_series_covid19_deaths_global.csv", "03-22-2020.csv")
_CELLS = st.sampled_from(
    ["", "-", "N/A", "0", "5", "5.0", "5.5", "-5", "1e3", "1,000", "9" * 30, "=1+1", "é", "\x00", '"',
     "2021-01-13", "1/22/20", "2031-01-01", "Quebec", "Québec", "Ontario", "Canada", "24", "35", "US",
     "Recovered"]
) | st.text(max_size=8)  # fmt: skip


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, bytes, list[list[str]]]:
    header = draw(_HEADERS).split(",")
    rows = draw(st.lists(st.lists(_CELLS, min_size=len(header), max_size=len(header)), max_size=6))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows([header, *rows])
    return draw(st.sampled_from(_NAMES)), text.getvalue().encode("utf-8", "surrogatepass"), rows


@fuzzed
@given(_files())
def test_a_count_of_a_file_stands_in_it(file: tuple[str, bytes, list[list[str]]]) -> None:
    name, data, rows = file
    taken = taken_as_it_stands(name, data)
    # A line is a record, or part of one, or refused with its place: none is lost without a word.
    if taken is not None and taken[0].source == "phac" and rows:
        parsed = taken[1]
        assert parsed.records or {refusal.line for refusal in parsed.refusals}


@fuzzed
@given(st.binary(max_size=400), st.sampled_from(_NAMES))
def test_bytes_are_no_file(data: bytes, name: str) -> None:
    with pytest.raises(FormatError):
        recognise(Input(name, io.BytesIO(data)))
    with pytest.raises(FormatError):
        inbox_sheet.parse(Input(name, io.BytesIO(data)), NOW)
