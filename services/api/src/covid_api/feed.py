"""The ledger of corrections as an Atom feed (RFC 4287)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from covid_core.corrections import Correction

MEDIA_TYPE: Final = "application/atom+xml"

SHOWN: Final = 200
"""Most entries, the newest."""

_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_URN: Final = "urn:covid-tracker"


def atom(address: str, corrections: Iterable[Correction]) -> bytes:
    """The newest of them, newest first. `address`: of the feed itself, which is also its id."""
    newest = sorted(corrections, key=_when, reverse=True)[:SHOWN]
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _add(feed, "id", address)
    _add(feed, "title", "Corrections of COVID-19 counts")
    _add(feed, "updated", (_when(newest[0]) if newest else _NEVER).isoformat())
    ET.SubElement(_add(feed, "author"), "name").text = "COVID-19 Tracker"
    ET.SubElement(feed, "link", rel="self", href=address, type=MEDIA_TYPE)
    for one in newest:
        entry = _add(feed, "entry")
        _add(entry, "id", _id(one))
        _add(entry, "title", _title(one))
        _add(entry, "updated", _when(one).isoformat())
        _add(entry, "content", f"{_title(one)} ({one.kind})")
        ET.SubElement(entry, "category", term=one.kind)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element


def _when(one: Correction) -> dt.datetime:
    """When the source said so, or the end of the day of a correction along a series: no report brought it."""
    return one.reported_at or dt.datetime.combine(one.date, dt.time.max, dt.UTC)


def _id(one: Correction) -> str:
    """The same for the same correction in every answer."""
    parts = ("correction", one.kind, one.source, one.region, one.date, one.field or "", one.old, one.new)
    return ":".join(map(str, (_URN, *parts, "" if one.offset is None else one.offset)))


def _title(one: Correction) -> str:
    what = f"{one.source} {one.region} {one.date}"
    if one.field is None:
        return f"{what}: {one.kind}"
    size = "" if one.size is None else f" ({one.size:+,})"
    return f"{what}, {one.field}: {_number(one.old)} to {_number(one.new)}{size}"


def _number(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"
