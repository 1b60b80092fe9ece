"""Atom feeds (RFC 4287)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

MEDIA_TYPE: Final = "application/atom+xml"

SHOWN: Final = 200
"""Most entries, the newest."""

URN: Final = "urn:covid-tracker"

_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"


class Entry(NamedTuple):
    """One entry. `id`: the same for the same thing in every answer. `categories`: of one word each."""

    id: str
    title: str
    content: str
    updated: dt.datetime
    categories: tuple[str, ...]


def atom(address: str, title: str, entries: Iterable[Entry], language: str = "en") -> bytes:
    """The newest of them, newest first. `address`: of the feed itself, which is also its id."""
    newest = sorted(entries, key=lambda entry: entry.updated, reverse=True)[:SHOWN]
    feed = ET.Element("feed", {"xmlns": _NAMESPACE, "xml:lang": language})
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", (newest[0].updated if newest else _NEVER).isoformat())
    ET.SubElement(_add(feed, "author"), "name").text = "COVID-19 Tracker"
    ET.SubElement(feed, "link", rel="self", href=address, type=MEDIA_TYPE)
    for one in newest:
        entry = _add(feed, "entry")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "updated", one.updated.isoformat())
        _add(entry, "content", one.content)
        for category in one.categories:
            ET.SubElement(entry, "category", term=category)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day, in UTC."""
    return dt.datetime.combine(day, dt.time.max, dt.UTC)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element
