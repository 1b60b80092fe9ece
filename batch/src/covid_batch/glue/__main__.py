"""`python -m covid_batch.glue crawl PATH…`: the composition root of what is done before Glue's job.

What was done goes to standard output, as JSON. Exit codes: 0 done, 1 nothing could be done (one sentence says
why), 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from covid_batch.commandline import failed, settings, tell
from covid_batch.glue.catalog import Catalog, client
from covid_batch.glue.crawling import crawl
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_core.environment import SettingsError
from covid_core.errors import first_line
from covid_core.settings import GlueSettings, S3Settings


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    begun = time.monotonic()
    try:
        bucket = Bucket(settings(S3Settings))
        bucket.check()
        glue = settings(GlueSettings)
        catalog = Catalog(client(glue), glue.database)
        crawled = crawl(options.path, bucket, catalog, tell)
    except (Unusable, SettingsError, ClientError, BotoCoreError) as error:
        return failed(first_line(error))
    for refused in crawled.refused:
        tell(f"refused file: {refused}")
    tables = [
        {
            "name": name,
            "columns": len(table.columns),
            "files": len(table.places),
            "location": bucket.url(table.places[0].root),
        }
        for name, table in sorted(crawled.tables.items())
    ]
    done = {
        "database": glue.database,
        "tables": tables,
        "put": crawled.put,
        "refused": len(crawled.refused),
        "seconds": time.monotonic() - begun,
    }
    print(json.dumps(done))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch.glue", description="What is done before Glue's job.")
    jobs = parser.add_subparsers(required=True)
    one = jobs.add_parser("crawl", help="publishers' files to the bucket, and tables as crawlers make them")
    one.add_argument("path", nargs="+", type=Path, help="file or folder")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
