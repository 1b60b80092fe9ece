"""Texts, numbers and dates in both languages."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_charts import words
from covid_charts.series import METRICS
from covid_charts.words import Gap, Language

EN, FR = Language.ENGLISH, Language.FRENCH


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_title_and_a_unit(metric: str) -> None:
    assert words.title("CA", metric, EN) != words.title("CA", metric, FR)
    assert words.unit(metric, EN)
    assert words.unit(metric, FR)


@pytest.mark.parametrize("gap", Gap)
def test_every_gap_has_its_words(gap: Gap) -> None:
    assert words.gap(gap, EN) != words.gap(gap, FR)


def test_titles() -> None:
    assert words.title("CA-NT", "deaths", EN) == "Northwest Territories (CA-NT): deaths, cumulative"
    assert words.title("CA-NT", "deaths", FR) == "Territoires du Nord-Ouest (CA-NT)\u00a0: décès, cumul"
    # Only Canada's regions have a French name.
    assert words.title("FR", "deaths", FR) == "France (FR)\u00a0: décès, cumul"


def test_numbers() -> None:
    assert words.number(-11193, EN) == "−11,193"
    assert words.number(-11193, FR) == "−11\u202f193"
    assert words.tick(1234567.5, FR) == "1\u202f234\u202f567,5"
    assert words.tick(2.0, EN) == "2"
    assert words.tick(0.00025, EN) == "0.00025"


def test_dates() -> None:
    first, later = dt.date(2022, 6, 1), dt.date(2022, 8, 15)
    assert words.day(first, EN) == "1 Jun 2022"
    assert words.day(first, FR) == "1er juin 2022"
    assert words.period(first, later, FR) == "1er juin 2022 – 15 août 2022"
    assert words.period(first, first, EN) == "1 Jun 2022"


def test_sources() -> None:
    assert "Public Health Agency" in words.source("phac", EN)
    assert "Agence de la santé publique" in words.source("phac", FR)
    assert words.source("my-paper", FR) == "my-paper"
