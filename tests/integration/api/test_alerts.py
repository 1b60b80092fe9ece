"""Alerts, as they stand on their topic."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from covid_cli.alerts.command import app
from covid_cli.errors import UserError
from covid_client import Client
from covid_core import topics
from covid_core.alerts.alert import Alert, State, alert_id, encode
from covid_core.alerts.rules import Severity
from covid_core.catalog.entries import Text
from tests.integration.api.conftest import Service
from tests.integration.api.test_commands import make_home

pytestmark = pytest.mark.integration

ATOM = "{http://www.w3.org/2005/Atom}"
ONSET = dt.date(2021, 12, 20)


@pytest.fixture(scope="module")
def rule(stack: Any) -> Iterator[str]:
    """A rule of these tests' own, with an alert in Ontario, one in Quebec and one that is no more."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    ontario = Alert(
        id=alert_id(name, "CA-ON", ONSET), rule=name, kind="threshold", severity=Severity.WARNING,
        title=Text("Too high", "Trop élevé"), region="CA-ON", source="merged", metric="incidence_7d",
        state=State.ACTIVE, since=ONSET, onset=ONSET, day=ONSET, value=101.5, peak=101.5, as_of=ONSET,
    )  # fmt: skip
    later = ONSET + dt.timedelta(3)
    quebec = msgspec.structs.replace(
        ontario, id=alert_id(name, "CA-QC", later), region="CA-QC", state=State.RESOLVED, onset=later,
        until=later, severity=Severity.INFO, as_of=later,
    )  # fmt: skip
    gone = alert_id(name, "CA-YT", ONSET)
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})

    def say(key: str, value: bytes | None) -> None:
        producer.produce(topics.ALERTS, value, key.encode())

    say(gone, encode(msgspec.structs.replace(ontario, id=gone, region="CA-YT")))
    for one in (ontario, quebec):
        say(one.id, encode(one))
    say(gone, None)
    say("unreadable", b"{")
    assert producer.flush(20) == 0
    yield name
    for key in (ontario.id, quebec.id, "unreadable"):
        say(key, None)
    assert producer.flush(20) == 0


def test_alerts_are_listed_the_newest_onset_first_and_chosen(client: httpx.Client, rule: str) -> None:
    def asked(**query: str) -> list[str]:
        answer = client.get("/v1/alerts", params={"rule": rule, **query})
        assert answer.status_code == 200, answer.text
        return [one["region"] for one in answer.json()["data"]]

    assert asked() == ["CA-QC", "CA-ON"]
    assert asked(state="active") == asked(severity="warning") == asked(region="CA-ON") == ["CA-ON"]
    assert asked(**{"from": "2021-12-21"}) == ["CA-QC"]
    assert asked(to="2021-12-19") == []
    csv = client.get("/v1/alerts", params={"rule": rule, "format": "csv"})
    assert csv.text.splitlines()[0].startswith("id,rule,kind,severity,title_en,title_fr,region")
    assert len(csv.text.splitlines()) == 3


@pytest.mark.parametrize(
    "query",
    [{"state": "open"}, {"region": "ZZ"}, {"from": "2022-01-02", "to": "2022-01-01"}, {"colour": "red"}],
)
def test_a_question_that_makes_no_sense_is_refused(client: httpx.Client, query: dict[str, str]) -> None:
    for path in ("/v1/alerts", "/v1/alerts.atom"):
        assert client.get(path, params=query).status_code == 422


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Ontario: Too high (active since 2021-12-20)"),
        ("fr", "Ontario\u00a0: Trop élevé (active depuis le 2021-12-20)"),
    ],
)
def test_the_feed_speaks_both_languages_and_keeps_ids(
    client: httpx.Client, rule: str, language: str, title: str
) -> None:
    answer = client.get("/v1/alerts.atom", params={"rule": rule, "lang": language})
    assert answer.headers["content-type"] == "application/atom+xml"
    assert answer.headers["content-language"] == language
    feed = ET.fromstring(answer.text)
    entries = list(feed.iter(f"{ATOM}entry"))
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"urn:covid-tracker:alert:{rule}:CA-QC:2021-12-23",
        f"urn:covid-tracker:alert:{rule}:CA-ON:2021-12-20",
    ]
    assert entries[1].findtext(f"{ATOM}title") == title
    assert feed.findtext(f"{ATOM}updated") == "2021-12-23T23:59:59.999999+00:00"


def test_the_command_lists_them(service: Service, rule: str, tmp_path: Path) -> None:
    home = make_home(tmp_path, service.port)

    def covid(*words: str) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["list", *words, "--home", str(home)])

    found = json.loads(covid("--json", "--region", "CA-ON", "--state", "active").stdout)
    assert f"{rule}:CA-ON:2021-12-20" in [one["id"] for one in found]
    assert rule in covid("--from", "2021-12-20").stdout
    assert covid("--region", "CA-PE", "--state", "withdrawn").stdout == "0 alerts, 0 of them active\n"
    assert isinstance(covid("--state", "open").exception, UserError)


def test_the_client_asks_for_them(service: Service, rule: str) -> None:
    with Client(service.url) as covid:
        (one,) = covid.alerts("CA-ON", state=["active", "withdrawn"], rule=rule, start=ONSET, end=ONSET)
    assert (one["id"], one["value"], one["title_fr"]) == (f"{rule}:CA-ON:2021-12-20", 101.5, "Trop élevé")
