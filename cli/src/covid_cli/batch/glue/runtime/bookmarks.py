"""Which objects a job has read: kept with the database of the catalog, moved when the job says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_ENABLED: Final = "job-bookmark-enable"
_PARAMETER: Final = "covid.bookmark."


class Bookmarks:
    """The bookmark of one run. `Job.init` opens it, sources ask it, `Job.commit` moves it."""

    def __init__(self, glue: Any) -> None:
        """`glue`: a client."""
        self._glue = glue
        self._job: str | None = None
        self._seen: dict[str, dict[str, dict[str, str]]] = {}

    def init(self, job: str, session: object, options: Mapping[str, str]) -> None:
        """Begin a run of a job."""
        self._job = job if options.get("job_bookmark_option") == _ENABLED else None

    def new(self, database: str, context: str, objects: Mapping[str, str]) -> list[str]:
        """The keys of the objects (key → version) that no committed run has read as they are."""
        if self._job is None or not context:
            return list(objects)
        before = self._read(database).get(context, {})
        self._seen.setdefault(database, {})[context] = dict(objects)
        return [key for key, version in objects.items() if before.get(key) != version]

    def commit(self) -> None:
        """What was asked for has been read."""
        for database, contexts in self._seen.items():
            now = json.dumps(self._read(database) | contexts)
            given = self._database(database)
            parameters = {**given.get("Parameters", {}), f"{_PARAMETER}{self._job}": now}
            self._glue.update_database(
                Name=database, DatabaseInput={"Name": database, "Parameters": parameters}
            )
        self._seen.clear()

    def _read(self, database: str) -> dict[str, dict[str, str]]:
        kept = self._database(database).get("Parameters", {}).get(f"{_PARAMETER}{self._job}", "{}")
        read: dict[str, dict[str, str]] = json.loads(kept)
        return read

    def _database(self, name: str) -> Any:
        return self._glue.get_database(Name=name)["Database"]
