"""The opaque cursor of `/v1/metrics`: where the next page starts, and of which query."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from typing import Final

import msgspec

from covid_api.problems import Problem
from covid_api.reader import Place, Selection
from covid_core import decoding

_DIGITS: Final = 8


class _Cursor(msgspec.Struct, array_like=True):
    query: str
    region: str
    date: dt.date


_decoder: Final = msgspec.json.Decoder(_Cursor)


def encode(selection: Selection, last: Place) -> str:
    """The cursor of the page that follows the row at `last`."""
    content = msgspec.json.encode(_Cursor(_fingerprint(selection), *last))
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode(selection: Selection, text: str) -> Place:
    """The place that a cursor names. Raises 422 when it is not one, or is another query's."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = decoding.decode(_decoder, content)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Problem(422, "cursor: not a cursor of this service", code="bad-cursor") from None
    if cursor.query != _fingerprint(selection):
        detail = "cursor: belongs to another query; only format and limit may change"
        raise Problem(422, detail, code="bad-cursor")
    return Place(cursor.region, cursor.date)


def _fingerprint(selection: Selection) -> str:
    """Regions are left out when all were asked for, since new ones may be registered between pages."""
    names = ",".join(column.name for column in selection.columns)
    where = "*" if selection.everywhere else ",".join(selection.regions)
    what = selection.source, where, selection.first, selection.last, names, selection.moment, selection.lag
    text = "|".join(map(str, what))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
