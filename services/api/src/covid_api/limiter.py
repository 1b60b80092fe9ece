"""How many requests one caller may make: a burst, and then so many a second."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

CALLERS: Final = 20_000
"""Most callers remembered, about 4 MB. Who asked longest ago is forgotten first."""

_V6_SITE: Final = 64
"""Bits of an IPv6 address that one site has no choice of (RFC 6177)."""


class Limiter:
    """The generic cell rate algorithm (ITU-T I.371): one number a caller, no timers. For one event loop."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float], callers: int = CALLERS) -> None:
        """`rate`: requests a second, 0 for no limit. `clock`: seconds that never go back."""
        self._interval = 1 / rate if rate else 0.0
        self._tolerance = self._interval * (burst - 1)
        self._clock = clock
        self._callers = callers
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count a request; 0 where it may go on, else the seconds until one may."""
        if not self._interval:
            return 0.0
        now = self._clock()
        due = max(self._due.get(caller, now), now)
        if due - now > self._tolerance:
            self._due.move_to_end(caller)
            return due - now - self._tolerance
        self._due[caller] = due + self._interval
        self._due.move_to_end(caller)
        while len(self._due) > self._callers:
            self._due.popitem(last=False)
        return 0.0


def site(host: str) -> str:
    """What counts as one caller of those without a key: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _V6_SITE), strict=False))
    return host
