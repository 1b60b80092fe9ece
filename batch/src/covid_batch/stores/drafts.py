"""Objects of the bucket that get their names once a store holds what is in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from covid_batch.stores.bucket import Bucket


@contextmanager
def drafts(bucket: Bucket, keys: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Table → key of a draft, for table → key. The block writes the drafts and loads a store from them.

    At its end they get their keys; where it fails they are deleted, and the objects are as before.
    """
    attempt = uuid.uuid4().hex
    written: dict[str, str] = {}
    for table, key in keys.items():
        folder, _, name = key.rpartition("/")
        written[table] = f"{folder}/loading/{attempt}/{name}"
    try:
        yield written
        for table, draft in written.items():
            bucket.rename(draft, keys[table])
    except BaseException:
        for draft in written.values():
            bucket.delete(draft)
        raise
