"""What a word on the command line names: a publisher, an address, a bucket, or a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from covid_core.settings import S3Settings
from covid_producer.sources.allowed import Allowed
from covid_producer.sources.base import Target
from covid_producer.sources.folder import Folder

_JHU: Final = (
    "https://raw.githubusercontent.com/CSSEGISandData/COVID-19/master/csse_covid_19_data/"
    "csse_covid_19_time_series/time_series_covid19_{}_global.csv"
)
PUBLISHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "jhu": tuple(_JHU.format(field) for field in ("confirmed", "deaths", "recovered")),
    "phac": ("https://health-infobase.canada.ca/src/data/covidLive/covid19-download.csv",),
}
"""The publishers' own addresses."""


def target(word: str, s3: S3Settings, allowed: Allowed, *, now: Callable[[], float] | None = None) -> Target:
    """The place that a word names: `jhu`, `phac`, `https://…`, `s3://…` or a path.

    Raises `Unavailable` for an address or bucket that is not allowed. `now`: see `Folder`.
    A path that exists wins over a publisher's name.
    """
    # Clients are imported where they are needed: loading one takes longer than publishing a file.
    if word.startswith(("http://", "https://")) or (word in PUBLISHERS and not Path(word).exists()):
        from covid_producer.sources.http import Web  # noqa: PLC0415

        return Web(PUBLISHERS.get(word, (word,)), allowed, name=word)
    if word.startswith("s3://"):
        from covid_producer.sources.s3 import Bucket  # noqa: PLC0415

        return Bucket(word, s3, allowed)
    return Folder(Path(word), now=now)
