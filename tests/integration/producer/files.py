"""Files that no other test publishes, since what was published once is skipped."""

from __future__ import annotations

import time
from itertools import count

PHAC = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday\n"
_numbers = count(int(time.time()) % 1_000_000 * 1000)


def new_number() -> int:
    """A count that no other file has."""
    return next(_numbers)


def phac(*days: str, bad: str = "") -> str:
    """A daily file of Ontario with a count that no other file has, so that its hash is new too."""
    number = new_number()
    rows = "".join(f"35,Ontario,Ontario,{day},0,0,1,{number},0\n" for day in days)
    return PHAC + rows + bad
