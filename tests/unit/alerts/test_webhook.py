"""Messages to a webhook: what is signed, whom they may go to, and what an answer means."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable

import httpx
import msgspec
import pytest

from covid_alerts.webhook import Failed, RefusedForGood, Webhook, signature
from covid_core.alerts.alert import Alert, State
from covid_core.alerts.rules import Severity
from covid_core.catalog.entries import Text
from covid_core.environment import SettingsError, load
from covid_core.settings import AlertSettings

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
TURN = 4711
DAY = dt.date(2021, 12, 20)
ALERT = Alert(
    id="high:CA-ON:2021-12-20", rule="high", kind="threshold", severity=Severity.WARNING,
    title=Text("en", "fr"), region="CA-ON", source="merged", metric="incidence_7d", state=State.ACTIVE,
    since=DAY, onset=DAY, day=DAY,
    value=101.5, peak=101.5, as_of=DAY,
)  # fmt: skip
URL = "https://hooks.example.org/T0/secret"
Answer = Callable[[httpx.Request], httpx.Response]


def webhook(answer: Answer, url: str = URL, secret: str = "s3cret") -> Webhook:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Webhook(url, secret, frozenset({"hooks.example.org"}), client)


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    """Example of the specification's reference libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("secret", "key"), [("s3cret", b"s3cret"), ("whsec_czNjcmV0", b"s3cret")])
def test_a_message_says_the_alert_and_is_signed(secret: str, key: bytes) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    webhook(answer, secret=secret).post(ALERT, TURN, NOW)
    (request,) = seen
    assert str(request.url) == URL
    content = json.loads(request.content)
    assert content == {
        "type": "alert.raised",
        "timestamp": NOW.isoformat(),
        "data": msgspec.to_builtins(ALERT),
    }
    name, moment = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    assert (name, int(moment)) == (f"high:CA-ON:2021-12-20:active:{TURN}", int(NOW.timestamp()))
    signed = f"{name}.{moment}.".encode() + request.content
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 408, 429, 500, 503])
def test_an_answer_that_may_pass_is_a_failure_and_no_redirect_is_followed(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://169.254.169.254/"})

    with pytest.raises(Failed, match=f"hooks.example.org answers {status}"):
        webhook(answer).post(ALERT, TURN, NOW)
    assert asked == [URL]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_an_answer_about_the_message_itself_is_final(status: int) -> None:
    with pytest.raises(RefusedForGood, match=str(status)):
        webhook(lambda request: httpx.Response(status)).post(ALERT, TURN, NOW)


def test_a_receiver_that_is_away_is_a_failure_that_does_not_show_the_address() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}")

    with pytest.raises(Failed) as caught:
        webhook(answer).post(ALERT, TURN, NOW)
    assert str(caught.value) == "hooks.example.org cannot be reached: ConnectError"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["https://elsewhere.test/secret", "http://127.0.0.1/secret", "file:///secret"]
)
def test_only_hosts_that_are_named_are_told(url: str) -> None:
    with pytest.raises(SettingsError, match="COVID_ALERTS_WEBHOOK_URL: ") as caught:
        webhook(lambda request: httpx.Response(204), url=url)
    assert "secret" not in str(caught.value)


def test_wrong_secrets_are_named_by_their_variable_only() -> None:
    with pytest.raises(
        SettingsError, match="COVID_ALERTS_WEBHOOK_SECRET: what follows whsec_ must be base64"
    ):
        webhook(lambda request: httpx.Response(204), secret="whsec_*")
    with pytest.raises(SettingsError, match="COVID_ALERTS_WEBHOOK_SECRET is missing"):
        load(AlertSettings, {"COVID_ALERTS_WEBHOOK_URL": URL}, lambda path: "")
