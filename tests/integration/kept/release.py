"""`python -m tests.integration.kept.release [FILE]`: keep what this release leaves on a disk.

That is the broker's disk and the stream's checkpoint. Run it once for each release, and keep the file in the
repository: `test_upgrade` has every later one go on from it.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.records import Record, encode
from tests.integration.lone import servers, streaming
from tests.integration.test_stream import START_SECONDS, Stream
from tests.integration.test_verify import reports

FOLDER: Final = Path(__file__).parent
_REBUILT: Final = (".index", ".timeindex")
"""Of Kafka's files, those that it makes again. They have ten megabytes each."""


HOME: Final = Path("/tmp/covid-kept")
"""Where it is unpacked again, too: the state's metadata have the absolute path of the checkpoint."""


@contextmanager
def emptied() -> Iterator[Path]:
    """`HOME`, empty at the beginning and gone at the end."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    try:
        yield HOME
    finally:
        shutil.rmtree(HOME, ignore_errors=True)


def send(bootstrap: str, records: list[Record]) -> None:
    """Publish records."""
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for record in records:
        producer.produce(topics.RECORDS, key=record.region, value=encode(record))
    assert producer.flush(20) == 0


def keep(file: Path) -> None:
    """Fill a log, let the stream come to its end, stop both and pack what they leave."""
    with emptied() as home:
        with servers(home, "kafka") as environ:
            bootstrap = environ["COVID_KAFKA_BOOTSTRAP"]
            positions = Positions({"bootstrap.servers": bootstrap})
            stream = Stream(streaming(environ, home), home / "stream.log")
            stream.start()
            try:
                send(bootstrap, reports())
                ends = positions.ends(topics.RECORDS)
                deadline = time.monotonic() + START_SECONDS
                while positions.lags([topics.STREAM_GROUP], topics.RECORDS, ends):
                    assert time.monotonic() < deadline, "the stream has not read the log"
                    time.sleep(0.2)
                assert stream.stop() == 0
            finally:
                stream.kill()
        with tarfile.open(file, "w:xz") as packed:
            for name in ("kafka/data", "checkpoint"):
                packed.add(home / name, name, filter=_needed)


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith(_REBUILT) else member


if __name__ == "__main__":
    keep(Path(sys.argv[1]) if sys.argv[1:] else FOLDER / f"{version('covid-core')}.tar.xz")
