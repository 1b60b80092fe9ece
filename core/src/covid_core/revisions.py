"""Every value that a record has had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from covid_core.logged import Logged
from covid_core.merging import NOTHING, Effective, KeyState, effective, join, state_of
from covid_core.records import FIELDS


class Revision(msgspec.Struct, frozen=True):
    """What a record said once something was reported of it: `values` as the fields of a record, absent where
    nothing was known. `by` brought the change."""

    by: Logged
    values: dict[str, Any]


def revisions(logged: Iterable[Logged]) -> list[Revision]:
    """The values of one record (source, region, day) by when its source or a person said so.

    `logged`: its validated records, in any order. A report that repeats what was known is no revision.
    """
    state, before, found = KeyState(), _values(NOTHING), []
    for one in sorted(logged, key=lambda each: (each.reported_at, each.offset)):
        state = join(state, state_of(one.record, one.offset))
        values = _values(effective(state))
        if values != before:
            found.append(Revision(one, values))
            before = values
    return found


def _values(cells: Effective) -> dict[str, Any]:
    known = [(field, cell) for field, cell in zip(FIELDS, cells, strict=True) if cell is not None]
    status = {field: cell.status for field, cell in known if cell.status is not None}
    numbers = {field: cell.number for field, cell in known if cell.number is not None}
    return {**numbers, "status": status} if status else numbers
