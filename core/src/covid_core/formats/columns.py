"""Publishers' columns by the names under which a catalog keeps them: in lower case."""

from __future__ import annotations

from typing import Final

from covid_core.formats.jhu_daily import COUNTS
from covid_core.formats.jhu_rows import COUNTY
from covid_core.formats.jhu_series import POSITIONS
from covid_core.formats.recognition import JHU_COUNTRY, JHU_PROVINCE

_PUBLISHED: Final = {
    name.lower(): name for name in (*JHU_PROVINCE, *JHU_COUNTRY, *COUNTY, *POSITIONS, *COUNTS.values())
}
"""Names that the parsers look for and that are not lower case themselves; PHAC's all are."""


def published(column: str) -> str:
    """The name as the publisher writes it: `province/state` is `Province/State`; one of PHAC's is its own."""
    return _PUBLISHED.get(column, column)
