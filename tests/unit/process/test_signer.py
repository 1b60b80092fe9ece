"""Tokens for Amazon MSK, signed offline with made-up credentials, and what librdkafka does with them."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import NoCredentialsError
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from covid_core.settings import KafkaSettings
from covid_process.signer import Signer

REGION = "eu-west-1"
LIFETIME_SECONDS = 900
ACCESS_KEY = "AKIDEXAMPLE"
NOBODY = "127.0.0.1:1"

CLIENTS = pytest.mark.parametrize(
    "client", [AdminClient, Producer, lambda properties: Consumer(properties | {"group.id": "unused"})]
)


@pytest.fixture(autouse=True)
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither those of the machine nor its profile, and no question to a metadata service."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONTAINER_CREDENTIALS_RELATIVE_URI", "CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Static credentials, as a role has them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")


def unpacked(token: str) -> tuple[str, dict[str, list[str]]]:
    """Host and parameters of the URL that a token is."""
    url = urlsplit(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    return str(url.hostname), parse_qs(url.query)


@pytest.mark.usefixtures("role")
def test_a_token_allows_to_connect_for_fifteen_minutes() -> None:
    before = time.time()
    token, end = Signer()(REGION)
    host, parameters = unpacked(token)
    assert host == "kafka.eu-west-1.amazonaws.com"
    assert parameters["Action"] == ["kafka-cluster:Connect"]
    assert parameters["X-Amz-Credential"][0].startswith(f"{ACCESS_KEY}/")
    assert parameters["X-Amz-Credential"][0].endswith(f"/{REGION}/kafka-cluster/aws4_request")
    assert parameters["X-Amz-Security-Token"] == ["session"]
    assert parameters["X-Amz-Expires"] == [str(LIFETIME_SECONDS)]
    assert isinstance(end, float)  # seconds since the epoch; the AWS package says milliseconds
    assert before + LIFETIME_SECONDS - 1 <= end <= time.time() + LIFETIME_SECONDS


@pytest.mark.usefixtures("role")
def test_threads_may_share_a_signer() -> None:
    sign, regions = Signer(), [f"region-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(regions)) as pool:
        tokens = list(pool.map(sign, regions))
    assert [unpacked(token)[0] for token, _ in tokens] == [f"kafka.{name}.amazonaws.com" for name in regions]


def test_missing_credentials_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(NoCredentialsError):
        Signer()(REGION)
    assert "no token for Amazon MSK in eu-west-1: Unable to locate credentials" in caplog.text


def test_credentials_that_come_later_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    sign = Signer()
    with pytest.raises(NoCredentialsError):
        sign(REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert ACCESS_KEY in unpacked(sign(REGION)[0])[1]["X-Amz-Credential"][0]


def test_who_signs_nothing_loads_no_sdk() -> None:
    program = (
        "import sys; from covid_process.signer import Signer; Signer(); print('botocore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def properties(sign: Callable[[str], tuple[str, float]]) -> dict[str, Any]:
    kafka = KafkaSettings(
        bootstrap=NOBODY, security_protocol="SASL_SSL", sasl_mechanism="AWS_MSK_IAM", region=REGION
    )
    return kafka.librdkafka(sign)


@CLIENTS
@pytest.mark.usefixtures("role")
def test_every_client_of_librdkafka_has_its_token_before_it_connects(client: Callable[..., Any]) -> None:
    signer, given = Signer(), []

    def sign(region: str) -> tuple[str, float]:
        given.append(signer(region))
        return given[-1]

    made = client(properties(sign))
    # Made means that the token was taken: without one, the constructor fails.
    assert made is not None
    assert len(given) == 1


def test_a_token_is_renewed_by_nobodys_doing() -> None:
    """Who only administers never polls: the client sees to it in a thread of its own."""
    asked = threading.Semaphore(0)

    def sign(region: str) -> tuple[str, float]:
        asked.release()
        return "token", time.time() + 3

    admin = AdminClient(properties(sign))
    assert all(asked.acquire(timeout=15) for _ in range(2))
    del admin
