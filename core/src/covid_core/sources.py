"""What the known sources are called, in English and French."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from covid_core.records import MERGED


class Name(NamedTuple):
    """A source's name."""

    english: str
    french: str


NAMES: Final[Mapping[str, Name]] = MappingProxyType(
    {
        "jhu": Name(
            "Johns Hopkins University, Center for Systems Science and Engineering (CSSE)",
            "Université Johns Hopkins, Center for Systems Science and Engineering (CSSE)",
        ),
        MERGED: Name(
            "computed, for Canada: of each field phac, then phac-weekly, and jhu outside both",
            "calculée, pour le Canada : par champ phac, puis phac-weekly, et jhu hors des deux",
        ),
        "phac": Name(
            "Public Health Agency of Canada, daily file",
            "Agence de la santé publique du Canada, fichier quotidien",
        ),
        "phac-weekly": Name(
            "Public Health Agency of Canada, weekly file",
            "Agence de la santé publique du Canada, fichier hebdomadaire",
        ),
    }
)
"""By source; a publisher of its own has only its slug."""
