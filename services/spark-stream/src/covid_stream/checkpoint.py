"""The checkpoint of a generation: where it is, how far it has come, and whether this release can read it."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from pyspark.sql import SparkSession

from covid_core.control import Generation
from covid_core.region_state import STATE_FORMAT
from covid_core.settings import StreamSettings
from covid_stream.progress import parse_offsets

_LOG_VERSION: Final = "v1"
"""Of the offset log that Spark writes and `finished` understands: `OffsetSeqLog.VERSION`."""

_FOREIGN: Final = (
    "INVALID_LOG_VERSION",
    "MALFORMED_LOG_FILE",
    r"CANNOT_LOAD_STATE_STORE\.CANNOT_READ_CHECKPOINT",
    r"CANNOT_LOAD_STATE_STORE\.INVALID_CHANGE_LOG_READER_VERSION",
    r"(?:CANNOT_LOAD_)?STATE_STORE[._](?:KEY|VALUE)_ROW_FORMAT_VALIDATION_FAILURE",
    r"STATE_STORE_(?:KEY|VALUE)_SCHEMA_NOT_COMPATIBLE",
    "STATE_STORE_INVALID_CONFIG_AFTER_RESTART",
    "STATE_STORE_INVALID_VARIABLE_TYPE_CHANGE",
    "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA",
)
"""Spark's error conditions that say: another release wrote this. What may pass by itself (a store that does
not answer, too little memory) is not among them. Source: Spark 4.1.1, `error-conditions.json`."""

_SAID: Final = re.compile(rf"\[((?:{'|'.join(_FOREIGN)})[^\]]*)\] *([^\n]*?)(?: SQLSTATE: \w+)?(?:\n|$)")

_SCHEMA: Final = re.compile(r"(?:File|mkdir of) (\S+/_stateSchema/\S+)")
"""What Spark says of the file of the state's schema where that is not found: its metadata have the whole
address."""


class CheckpointUnreadable(RuntimeError):
    """Another release wrote the checkpoint, and this one cannot read it; the message says what to do."""

    def __init__(self, checkpoint: str, why: str) -> None:
        super().__init__(
            f"this release cannot read the checkpoint {checkpoint} ({why}): go back to the release that "
            "wrote it, or delete this folder and start the stream again, which then reads the whole log anew "
            "and ends with the same rows"
        )


def checkpoint_of(settings: StreamSettings, generation: Generation) -> str:
    """Each generation of each log reads it from its start, so each has a checkpoint of its own; and so has
    each format of the state, so that no release comes upon state that it does not know.

    The generation's number alone would not do: a broker that lost its disk counts from 1 again.
    """
    # The client writes ids in plain Base64, whose slash would make a folder within the folder.
    topic = generation.topic_id.replace("/", "_")
    return f"{settings.checkpoint}/generation-{generation.generation}-{topic}-state-{STATE_FORMAT}"


class Finished(NamedTuple):
    """The newest committed batch of a checkpoint (-1: none) and the offsets that it ended at."""

    batch: int
    offsets: dict[int, int]


def finished(session: SparkSession, checkpoint: str) -> Finished:
    """What a checkpoint says is done, read through Hadoop so that any file system serves.

    Raises `CheckpointUnreadable`.
    """
    # Spark offers no Python API for its checkpoint's log; the two Py4J attributes are long-lived.
    jvm: Any = session.sparkContext._jvm
    conf = session.sparkContext._jsc.hadoopConfiguration()
    root = jvm.org.apache.hadoop.fs.Path(checkpoint)
    fs = root.getFileSystem(conf)
    commits = jvm.org.apache.hadoop.fs.Path(root, "commits")
    if not fs.exists(commits):
        return Finished(-1, {})
    names = [status.getPath().getName() for status in fs.listStatus(commits)]
    newest = max((int(name) for name in names if name.isdigit()), default=-1)
    if newest < 0:
        return Finished(-1, {})
    path = jvm.org.apache.hadoop.fs.Path(jvm.org.apache.hadoop.fs.Path(root, "offsets"), str(newest))
    stream = fs.open(path)
    try:
        text: str = jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()
    try:
        return Finished(newest, logged_offsets(text))
    except ValueError as error:
        raise CheckpointUnreadable(checkpoint, str(error)) from error


def logged_offsets(text: str) -> dict[int, int]:
    """Offset by partition of an entry of Spark's offset log.

    Three lines: the version, the batch's metadata, the offsets of the one source. Raises `ValueError` when it
    is of another version.
    """
    version, *rest = text.splitlines() or [""]
    if version != _LOG_VERSION or not rest:
        raise ValueError(f"its offset log is of version {version[:20]!r}, not {_LOG_VERSION!r}")
    return parse_offsets(rest[-1])


def foreign(error: str, checkpoint: str) -> str | None:
    """Why a query that failed cannot read its checkpoint, from what Spark says.

    That is the condition by which another release wrote it, with Spark's sentence, or that it was moved; None
    where it is neither.
    """
    if found := _SAID.search(error):
        return f"{found[1]}: {found[2].rstrip('. ')}"
    if (named := _SCHEMA.search(error)) and checkpoint not in named[1]:
        return f"its state names {named[1]}, and no checkpoint can be moved from where it was made"
    return None
