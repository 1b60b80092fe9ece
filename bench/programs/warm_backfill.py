"""`covid backfill metrics` in a session that stays. Answers with the seconds and the rows of each run."""

from __future__ import annotations

import os
import sys
from typing import Any

from bench.served import answering
from covid_batch import session
from covid_batch.backfill import metrics
from covid_batch.backfill.archive import Archive
from covid_batch.backfill.log import Log
from covid_batch.backfill.scope import Scope
from covid_core.environment import load
from covid_core.settings import IcebergSettings, KafkaSettings, S3Settings, StreamSettings


def serve() -> None:
    """Open the session as the job does, and run it once a question."""
    kafka = load(KafkaSettings, os.environ, str)
    log = Log(kafka.librdkafka(lambda region: ("", 0.0)), kafka.java())
    with session.opened(load(StreamSettings, os.environ, str).jars) as spark:
        archive = Archive(load(IcebergSettings, os.environ, str), load(S3Settings, os.environ, str))

        def run(_: Any) -> dict[str, float]:
            result = metrics.run(
                spark, archive, log, Scope(), wait=5.0, resume=False, dry_run=False, tell=_tell
            )
            return {"seconds": result.seconds, "rows": result.rows}

        answering(run)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    serve()
