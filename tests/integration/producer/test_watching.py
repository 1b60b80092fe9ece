"""The producer as a service: a folder, a bucket and an address that change, and what is down for a while."""

from __future__ import annotations

import socket
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.producer.files import phac
from tests.integration.producer.forward import Forward
from tests.integration.producer.processes import SECONDS, Watch
from tests.integration.producer.tap import Tap
from tests.integration.producer.web import Web

pytestmark = pytest.mark.integration


def test_a_watched_folder(tmp_path: Path, tap: Tap, watch: Watch) -> None:
    service = watch(str(tmp_path))
    service.until("watching")
    service.until_ready()
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    service.until("a.csv")
    (tmp_path / "b.csv").write_text(phac("2021-01-14", "2021-01-15"))
    service.until("b.csv")
    time.sleep(1)
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in sorted(tap.records(), key=lambda r: r.date)] == [13, 14, 15]
    assert len(tap.finished()) == 2


def test_a_watched_bucket(stack: Any, tap: Tap, watch: Watch) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.s3.endpoint,
        aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret,
        region_name=stack.s3.region,
    )
    prefix = f"incoming-{uuid.uuid4().hex[:8]}"
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/a.csv", Body=phac("2021-01-13").encode())
    service = watch(f"s3://{stack.s3.bucket}/{prefix}/")
    service.until("a.csv")
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/sub/b.csv", Body=phac("2021-01-14").encode())
    service.until("b.csv")
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/a.csv", Body=phac("2021-01-15").encode())
    service.until("2021-01-15")
    assert service.stop() == 0
    tap.read()
    assert sorted(record.date.day for record in tap.records()) == [13, 14, 15]


def test_a_watched_address_that_is_down_at_first(tmp_path: Path, tap: Tap, watch: Watch) -> None:
    probe = Web(tmp_path, 0)
    port = probe.server_port
    probe.close()
    path = tmp_path / "covid19-download.csv"
    path.write_text(phac("2021-01-13"))
    service = watch(f"http://127.0.0.1:{port}/covid19-download.csv", COVID_PRODUCER_HOSTS="127.0.0.1")
    service.until("is there a network?; trying again later")
    server = Web(tmp_path, port)
    try:
        service.until("2021-01-13 23:59:59")
        deadline = time.monotonic() + SECONDS
        while server.answers.count(304) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        path.write_text(phac("2021-01-14"))
        service.until("2021-01-14 23:59:59")
    finally:
        server.close()
    assert server.answers.count(200) == 2
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in tap.records()] == [13, 14]


def test_watching_goes_on_without_a_broker_and_publishes_when_it_is_back(
    stack: Any, tmp_path: Path, tap: Tap, watch: Watch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    service = watch(str(tmp_path), COVID_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}")
    service.until("trying again later")
    with Forward(port, stack.kafka_bootstrap) as forward:
        service.until("2021-01-13 23:59:59")
        forward.shutdown()
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in tap.records()] == [13]
