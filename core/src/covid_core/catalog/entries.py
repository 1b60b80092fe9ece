"""What an entry of the catalogue says."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Text(msgspec.Struct, frozen=True):
    """The same words in both languages."""

    en: str
    """In English."""
    fr: str
    """In French."""


class Form(StrEnum):
    """How a measure's numbers are written."""

    COUNT = "count"
    DECIMAL = "decimal"
    RATIO = "ratio"
    """A fraction of 1, shown in percent."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a row: a count or a metric.

    Its value on day t is computed from the counts `inputs` on the days t - k, for every k of `days`.
    `scalable`: it counts persons or tests, so that a share per 100,000 inhabitants makes sense.
    """

    column: str
    title: Text
    unit: Text
    formula: str
    explanation: Text
    reference: str
    form: Form
    inputs: tuple[str, ...]
    days: tuple[int, ...]
    scalable: bool = False


class Named(msgspec.Struct, frozen=True):
    """A status, a note or a source, with its name and what it means."""

    id: str
    name: Text
    explanation: Text
