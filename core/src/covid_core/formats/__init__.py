"""The publishers' files, in all their eras: bytes in, records and refusals out.

    recognise(Input(name, stream))         which publisher's file it is
    parse(kind, [Input(name, stream)])     its records; of JHU's time series up to three files together

A file is recognised by its header and read by column name. A line or cell that cannot be used is refused
with its place and reason while the rest goes on; a file that cannot be used at all raises `FormatError`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from covid_core.formats import jhu_daily, jhu_series, phac
from covid_core.formats.model import FormatError, Input, Kind, Parsed, Refusal, Unrecognised
from covid_core.formats.recognition import Recognised, recognise

__all__ = [
    "FormatError",
    "Input",
    "Kind",
    "Parsed",
    "Recognised",
    "Refusal",
    "Unrecognised",
    "newest",
    "parse",
    "recognise",
]


def parse(
    kind: Kind,
    sources: Sequence[Input],
    *,
    countries: frozenset[str] | None = None,
    received_at: dt.datetime | None = None,
    reported_at: dt.datetime | None = None,
) -> Parsed:
    """The records of one file, or of up to three of JHU's time series, of the `kind` that `recognise` told.

    `countries`: codes of the countries whose regions are wanted (None: all). `received_at` (aware, UTC):
    dates more than 24 h after it are refused as lying in the future (None: not judged). `reported_at`
    (aware): the records' stamp, by default 23:59:59 UTC of the newest date. Records come sorted by date,
    then region. Raises `FormatError`.
    """
    if kind is Kind.JHU_SERIES:
        return jhu_series.parse(
            sources, countries=countries, received_at=received_at, reported_at=reported_at
        )
    (source,) = sources
    parse_one = jhu_daily.parse if kind is Kind.JHU_DAILY else phac.parse
    return parse_one(source, countries=countries, received_at=received_at, reported_at=reported_at)


def newest(kind: Kind, source: Input, received_at: dt.datetime | None = None) -> dt.date | None:
    """The newest date of one file, without reading its counts: what orders files before they are parsed.

    None where no line has a usable date. Raises `FormatError`.
    """
    if kind is Kind.JHU_SERIES:
        return jhu_series.newest(source, received_at)
    if kind is Kind.JHU_DAILY:
        return recognise(source).date
    return phac.newest(source, received_at)
