"""How many inputs a property is tried with: few in every run, as many as wanted by COVID_TEST_EXAMPLES."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """The number for a test that is content with `usual`."""
    return int(os.environ.get("COVID_TEST_EXAMPLES", usual))
