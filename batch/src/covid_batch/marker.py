"""What says that a folder of outputs is whole."""

from __future__ import annotations

from typing import Final

COMMITTED: Final = "_SUCCESS"
"""A file that every writer puts into its folder last, as Spark's own jobs do."""
