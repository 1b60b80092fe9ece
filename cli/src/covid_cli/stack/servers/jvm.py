"""Options common to the Java servers."""

from __future__ import annotations

# One small server on few cores: the serial collector and the first compiler start faster and take less
# memory than the defaults, which are made for large heaps.
FRUGAL = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    # A server without memory left answers nobody and still accepts connections: better it ends, and is
    # started again.
    "-XX:+ExitOnOutOfMemoryError",
)
