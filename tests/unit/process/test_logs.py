"""What a log line says, for people and for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from covid_core.environment import SettingsError, load
from covid_core.settings import LogSettings
from covid_process import logs

TRACE, SPAN = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The root logger as pytest has set it up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # `force` closes what it replaces; pytest's own are wanted again.
    root.handlers = []
    yield
    root.handlers, root.level = handlers, level


def entries(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def test_json_has_the_names_of_the_log_data_model(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-api", "json")
    logging.getLogger("covid_api.auth").warning("%d keys, é\nand more", 3, extra={"covid.kind": "phac"})
    (entry,) = entries(capsys)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "severity_text": "WARNING",
        "severity_number": 13,
        "otel.scope.name": "covid_api.auth",
        "service.name": "covid-api",
        "body": "3 keys, é\nand more",
        "covid.kind": "phac",
    }


def test_json_has_the_trace_of_the_span_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-api", "json")
    span = NonRecordingSpan(SpanContext(TRACE, SPAN, is_remote=True, trace_flags=TraceFlags(1)))
    with trace.use_span(span):
        logging.getLogger("covid_api").info("inside")
    logging.getLogger("covid_api").info("outside")
    inside, outside = entries(capsys)
    assert inside["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert inside["span_id"] == "00f067aa0ba902b7"
    assert inside["trace_flags"] == "01"
    assert "trace_id" not in outside


def test_json_has_an_exception_on_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-api", "json")
    try:
        raise ValueError("of no use")
    except ValueError:
        logging.getLogger("covid_api").exception("failed")
    (entry,) = entries(capsys)
    assert entry["exception.type"] == "ValueError"
    assert entry["exception.message"] == "of no use"
    assert entry["exception.stacktrace"].startswith("Traceback")
    assert entry["body"] == "failed"


@pytest.mark.parametrize("form", ["text", "json"])
def test_libraries_speak_from_warnings_on(form: logs.Format, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-stream", form)
    logging.getLogger("py4j").info("quiet")
    logging.getLogger("py4j").warning("loud")
    logging.getLogger("covid_stream").info("ours")
    said = capsys.readouterr().err
    assert "quiet" not in said and "loud" in said and "ours" in said


def test_libraries_speak_earlier_where_a_service_wants_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-api", "text", libraries=logging.INFO)
    logging.getLogger("uvicorn.error").info("started")
    assert " INFO uvicorn.error: started\n" in capsys.readouterr().err


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("covid-api", "text")
    logging.getLogger("covid_api").info("%s is up", "it")
    assert capsys.readouterr().err.endswith("Z INFO covid_api: it is up\n")


def test_the_setting_takes_no_other_word() -> None:
    assert load(LogSettings, {}, lambda path: "").format == "text"
    assert load(LogSettings, {"COVID_LOG_FORMAT": "json"}, lambda path: "").format == "json"
    with pytest.raises(SettingsError, match="COVID_LOG_FORMAT"):
        load(LogSettings, {"COVID_LOG_FORMAT": "xml"}, lambda path: "")
