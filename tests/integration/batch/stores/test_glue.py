"""The Glue job's very script: files in, rows computed by Spark, one batch of statements to the Data API."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet as pq
import pytest

from covid_batch.redshift import loading
from covid_batch.redshift.data_api import DataApi
from covid_batch.stores import rows
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_cli.batch.spark import environment
from covid_core.environment import load
from covid_core.settings import S3Settings
from tests.conftest import Servers
from tests.integration.batch.stores.work import Given, job

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).parents[4] / "cloud" / "redshift" / "load.py"
ROLE = "arn:aws:iam::123456789012:role/load"


@dataclass
class Sent:
    """What the double of the Data API was sent, and how it says that it went."""

    statements: list[str] = field(default_factory=list)
    status: str = "FINISHED"


@pytest.fixture
def data_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """A double that takes a batch and tells of it: moto has none. boto3 finds it by its own variable."""
    sent = Sent()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].partition(".")[2]
            if action == "BatchExecuteStatement":
                assert (asked["WorkgroupName"], asked["Database"]) == ("covid", "covid")
                sent.statements += asked["Sqls"]
            answer = json.dumps({"Id": "1", "Status": sent.status, "Error": "no such bucket"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_REDSHIFT_DATA", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    yield sent
    server.shutdown()
    server.server_close()


def test_files_become_rows_and_one_transaction_that_loads_them(
    embedded: Servers, small: Given, tmp_path: Path, data_api: Sent
) -> None:
    with job(embedded, "COVID_REDSHIFT_URL", "") as work:
        words = {
            "--SOURCE": small.files, "--OUT": tmp_path / "out", "--BUCKET": work.bucket,
            "--REGION": "ca-central-1", "--WORKGROUP": "covid", "--DATABASE": "covid",
            "--ROLE": ROLE, "--JOB_NAME": "covid-load",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *(str(word) for pair in words.items() for word in pair)],
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            env={**os.environ, **embedded.settings, **environment()},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        expected = pq.read_table(small.rows)
        assert f"{expected.num_rows:,} rows of 1 files in batch_metrics" in done.stdout
        assert work.objects() == [
            "batch/redshift/batch_metrics.parquet",
            "batch/redshift/batch_regions.parquet",
        ]
        body = work.s3.get_object(Bucket=work.bucket, Key="batch/redshift/batch_metrics.parquet")[
            "Body"
        ].read()
        key = [("source", "ascending"), ("region", "ascending"), ("date", "ascending")]
        assert pq.read_table(io.BytesIO(body)).equals(expected.sort_by(key))
    assert data_api.statements[0].endswith("DROP VIEW IF EXISTS batch_metrics_live")
    regions, metrics = data_api.statements[-2:]
    assert regions.startswith(f"COPY batch_regions FROM 's3://{work.bucket}/batch/redshift/loading/")
    assert metrics.startswith(f"COPY batch_metrics FROM 's3://{work.bucket}/batch/redshift/loading/")
    assert metrics.endswith(f"IAM_ROLE '{ROLE}' FORMAT AS PARQUET")


def test_a_batch_that_fails_is_said_and_leaves_no_object(
    embedded: Servers, small: Given, data_api: Sent
) -> None:
    data_api.status = "FAILED"
    with job(embedded, "COVID_REDSHIFT_URL", "") as work:
        s3 = load(S3Settings, work.environ, lambda path: "")
        bucket = Bucket(s3)
        warehouse = DataApi(bucket, region="ca-central-1", database="covid", workgroup="covid")
        with pytest.raises(Unusable, match="Redshift has loaded nothing: no such bucket"):
            loading.load(rows.read(str(small.rows), s3), rows.region_table(), bucket, warehouse)
        assert work.objects() == []


def test_a_workgroup_or_a_cluster_is_named() -> None:
    bucket = Bucket(S3Settings())
    with pytest.raises(Unusable, match="one of the two"):
        DataApi(bucket, region="ca-central-1", database="covid")
