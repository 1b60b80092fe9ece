"""What the composition roots hand to their Kafka clients: a maker of tokens for Amazon MSK."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Signer:
    """Tokens signed with this process's AWS credentials. Costs nothing until one is asked for.

    Threads may share it: every librdkafka client asks from a thread of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._make: Callable[[str], tuple[str, float]] | None = None

    def __call__(self, region: str) -> tuple[str, float]:
        """A token for the clusters of a region, and when it ends, in seconds since the epoch.

        Raises what botocore does where credentials are missing or cannot be renewed. It is logged here too,
        since librdkafka drops it and says only that there was no token in time.
        """
        try:
            with self._lock:
                if self._make is None:
                    # The AWS SDK takes 1 s of processor and 28 MB: only who signs has it.
                    from covid_process.tokens import Tokens

                    self._make = Tokens().make
                return self._make(region)
        except Exception as error:
            _log.error("no token for Amazon MSK in %s: %s", region, error)
            raise
