"""Who publishes the numbers, and under which licence: for whoever hands them on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from covid_core.records import MERGED


class Licence(msgspec.Struct, frozen=True):
    """`id`: the Open Definition's. `address`: of its text."""

    id: str
    title: str
    address: str


class Publisher(msgspec.Struct, frozen=True):
    """`title`: as it asks to be named. `licence`: None where this project states none."""

    title: str
    address: str
    licence: Licence | None = None


PHAC: Final = Publisher(
    "Public Health Agency of Canada, Health Infobase",
    "https://health-infobase.canada.ca/covid-19/",
    Licence(
        "OGL-Canada-2.0",
        "Open Government Licence – Canada",
        "https://open.canada.ca/en/open-government-licence-canada",
    ),
)

JHU: Final = Publisher(
    "COVID-19 Data Repository by the Center for Systems Science and Engineering (CSSE) at Johns Hopkins "
    "University",
    "https://github.com/CSSEGISandData/COVID-19",
    Licence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
)

STATISTICS_CANADA: Final = Publisher(
    "Statistics Canada, table 17-10-0009-01 (populations)",
    "https://www150.statcan.gc.ca/t1/tbl1/en/tv.action?pid=1710000901",
)
"""Of the populations that incidence is per."""

OF_SOURCE: Final[Mapping[str, tuple[Publisher, ...]]] = MappingProxyType(
    {
        "phac": (PHAC, STATISTICS_CANADA),
        "phac-weekly": (PHAC, STATISTICS_CANADA),
        "jhu": (JHU, STATISTICS_CANADA),
        MERGED: (PHAC, JHU, STATISTICS_CANADA),
    }
)
"""Whose numbers the rows of a source are made from. Of a source of one's own only its owner knows."""
