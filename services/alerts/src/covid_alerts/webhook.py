"""One message to a webhook, signed as Standard Webhooks says (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from covid_core import hosts
from covid_core.alerts.alert import Alert, State
from covid_core.environment import SettingsError, variable
from covid_core.settings import AlertSettings

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)

_REFUSALS: Final = frozenset({400, 413, 415, 422})
"""Answers that are about this very message: it would get them again. All others may pass."""

_PREFIX: Final = "whsec_"

TYPES: Final = {
    State.ACTIVE: "alert.raised",
    State.RESOLVED: "alert.resolved",
    State.WITHDRAWN: "alert.withdrawn",
}


class Failed(Exception):
    """The receiver did not take the message now; the same call may succeed later."""


class RefusedForGood(Exception):
    """The receiver will never take this message."""


class Webhook:
    """A receiver. Its address may hold a secret: only its host is ever named."""

    def __init__(self, url: str, secret: str, allowed: frozenset[str], client: httpx.Client) -> None:
        """`client` must follow no redirect: the receiver alone was allowed. Raises `SettingsError`."""
        objection = hosts.objection(url, allowed, variable(AlertSettings, "webhook_hosts"))
        if objection is not None:
            raise SettingsError(f"{variable(AlertSettings, 'webhook_url')}: {objection}")
        self._url = url
        self._key = _key(secret)
        self._client = client
        self.host = urlsplit(url).hostname or ""

    def post(self, alert: Alert, turn: int, now: dt.datetime) -> None:
        """Deliver it. `turn`: its offset on `covid.alerts`. Raises `Failed`, `RefusedForGood`.

        A receiver knows what it has had by the header `webhook-id`: delivery is at-least-once. The turn is
        part of it, since an alert that was withdrawn may be raised again.
        """
        kind = TYPES[alert.state]
        name = f"{alert.id}:{alert.state}:{turn}"
        content = {"type": kind, "timestamp": now.isoformat(), "data": msgspec.to_builtins(alert)}
        body = msgspec.json.encode(content)
        moment = int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "covid-tracker",
            "webhook-id": name,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature(self._key, name, moment, body),
        }
        try:
            answer = self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise Failed(f"{self.host} cannot be reached: {type(error).__name__}") from None
        if answer.is_success:
            return
        said = f"{self.host} answers {answer.status_code}"
        raise RefusedForGood(said) if answer.status_code in _REFUSALS else Failed(said)


def signature(key: bytes, name: str, moment: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `name.moment.body` in base64. `moment`: seconds since the epoch."""
    signed = b".".join((name.encode(), str(moment).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        name = variable(AlertSettings, "webhook_secret")
        raise SettingsError(f"{name}: what follows {_PREFIX} must be base64") from None
