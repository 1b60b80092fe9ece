"""Objects of the bucket that get their names once a store holds what is in them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_core.errors import first_line

PAUSES: Final = (1.0, 4.0, 16.0)
"""Seconds after which a draft is renamed once more, since the client's own attempts were in vain."""


@contextmanager
def drafts(
    bucket: Bucket, keys: Mapping[str, str], pauses: Sequence[float] = PAUSES
) -> Iterator[dict[str, str]]:
    """Table → key of a draft, for table → key. The block writes the drafts and loads a store from them.

    At its end they get their keys; where it fails they are deleted, and the objects are as before. Raises
    `Unusable` where a draft cannot be renamed: it stays, since the store holds what is in it.
    """
    attempt = uuid.uuid4().hex
    written: dict[str, str] = {}
    for table, key in keys.items():
        folder, _, name = key.rpartition("/")
        written[table] = f"{folder}/loading/{attempt}/{name}"
    try:
        yield written
    except BaseException:
        for draft in written.values():
            bucket.delete(draft)
        raise
    for table, draft in written.items():
        _rename(bucket, draft, keys[table], pauses)


def _rename(bucket: Bucket, draft: str, key: str, pauses: Sequence[float]) -> None:
    for pause in (*pauses, None):
        try:
            bucket.rename(draft, key)
            return
        except (ClientError, BotoCoreError) as error:
            if pause is None:
                raise Unusable(
                    f"the tables hold the new rows, but {draft} could not be renamed to {key} and stays: "
                    f"run it again ({first_line(error)})"
                ) from error
            time.sleep(pause)
