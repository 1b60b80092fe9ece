"""A record of the log, and where it stands there."""

from __future__ import annotations

import datetime as dt

import msgspec

from covid_core.records import Record


class Logged(msgspec.Struct, frozen=True):
    """A validated record and where it stands in the log. `asked`: its writer waits for the row."""

    record: Record
    offset: int
    asked: bool = False

    @property
    def reported_at(self) -> dt.datetime:
        """When its source said so. Raises ValueError for a record that was not validated."""
        if self.record.reported_at is None:
            raise ValueError(f"record {self.record.id} has no reported_at: validate it first")
        return self.record.reported_at
