"""Log lines on standard error: one a line, time in UTC, no secrets (settings are never logged)."""

from __future__ import annotations

import logging
import time


def configure(level: str = "INFO") -> None:
    """Send this process's log to standard error; libraries speak from warnings on."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("covid_sinks").setLevel(level)
