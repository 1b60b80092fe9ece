"""The alerts as they stand on `covid.alerts`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from confluent_kafka import Message, TopicPartition

from covid_api.feed import URN, Entry, end_of
from covid_api.items import Values
from covid_api.log_reader import LogReader
from covid_core import topics
from covid_core.alerts import alert
from covid_core.alerts.alert import Alert, State
from covid_core.catalog.entries import Text
from covid_core.regions import get
from covid_core.rows import Column, ColumnType, column_of

_log = logging.getLogger(__name__)

_TITLE: Final = "title"


def _columns() -> Iterator[Column]:
    info: Any = msgspec.inspect.type_info(Alert)
    for field in info.fields:
        if field.name == _TITLE:
            yield Column("title_en", ColumnType.STRING, False, "what the rule says, in English", None)
            yield Column("title_fr", ColumnType.STRING, False, "what the rule says, in French", None)
        else:
            yield column_of(field)


COLUMNS: Final = tuple(_columns())
"""The members of an alert, its title in two."""

_STATES: Final = {
    State.ACTIVE: Text("active since {onset}", "active depuis le {onset}"),
    State.RESOLVED: Text("resolved, {onset} to {until}", "terminée, du {onset} au {until}"),
    State.WITHDRAWN: Text("withdrawn: the data was corrected", "retirée : les données ont été corrigées"),
}


class Alerts:
    """Reads what has come since it was last asked: the topic is compacted, and never long."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._lock = asyncio.Lock()
        self._found: dict[str, Alert] = {}
        self._at = 0

    async def all(self) -> list[Alert]:
        """Every alert, the newest onset first. Raises `Unavailable`."""
        async with self._lock:
            await asyncio.to_thread(self._read)
            return sorted(self._found.values(), key=lambda one: (one.onset, one.id), reverse=True)

    def close(self) -> None:
        """Close the connection."""
        self._log.close()

    def _read(self) -> None:
        end = self._log.ends(topics.ALERTS).get(0, 0)
        if end < self._at:  # another topic of the name
            self._found, self._at = {}, 0
        if end > self._at:
            for message in self._messages(end):
                self._take(message)
            self._at = end

    def _messages(self, end: int) -> Iterator[Message]:
        return self._log.between(TopicPartition(topics.ALERTS, 0, self._at), end)

    def _take(self, message: Message) -> None:
        name, value = (message.key() or b"").decode(errors="replace"), message.value()
        self._found.pop(name, None)
        if value is None:
            return
        try:
            self._found[name] = alert.decode(value)
        except msgspec.MsgspecError as error:
            _log.warning("an alert that cannot be read: %s", error)


def values(one: Alert) -> Values:
    """A line under `COLUMNS`."""
    found = {**msgspec.to_builtins(one), "title_en": one.title.en, "title_fr": one.title.fr}
    return tuple(found[column.name] for column in COLUMNS)


def entry(one: Alert, language: str) -> Entry:
    """An alert in the feed, dated in event time: to the end of the day as of which it was decided."""
    french = language == "fr"
    place, said, state = get(one.region), one.title, _STATES[one.state]
    name = place.name_fr or place.name if french else place.name
    title = f"{name}{chr(0xA0) if french else ''}: {said.fr if french else said.en}"
    turn = (state.fr if french else state.en).format(onset=one.onset, until=one.until)
    return Entry(
        id=f"{URN}:alert:{one.id}",
        title=f"{title} ({turn})",
        content=f"{title}. {turn}. {_numbers(one, french)}",
        updated=end_of(one.as_of),
        categories=(one.state.value, one.severity.value, one.kind, one.rule),
    )


def _numbers(one: Alert, french: bool) -> str:
    value, peak = (_number(each, french) for each in (one.value, one.peak))
    if french:
        return f"{one.metric} ({one.source}), {one.day} : {value}; extrême : {peak}"
    return f"{one.metric} ({one.source}), {one.day}: {value}; worst: {peak}"


def _number(number: float | None, french: bool) -> str:
    if number is None:
        return "–"
    text = f"{number:,.6g}"
    return text.translate({ord(","): "\u202f", ord("."): ","}) if french else text
