"""The log of a process on standard error: lines for people, or JSON for what gathers logs."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import Any, Final, Literal

from opentelemetry import trace
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

Format = Literal["text", "json"]

_OURS: Final = "covid_"
_SEVERITY_NUMBERS: Final = {
    logging.DEBUG: 5,
    logging.INFO: 9,
    logging.WARNING: 13,
    logging.ERROR: 17,
    logging.CRITICAL: 21,
}
"""https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber"""


def configure(service: str, form: Format, *, libraries: int = logging.WARNING) -> None:
    """Send this process's log to standard error; libraries speak from the level `libraries` on.

    `service`: its name, as traces have it. Settings are never logged, so no secret is.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(OpenTelemetryFormatter(service) if form == "json" else _text())
    handler.addFilter(lambda record: record.name.startswith(_OURS) or record.levelno >= libraries)
    logging.basicConfig(level=min(logging.INFO, libraries), handlers=[handler], force=True)


def _text() -> logging.Formatter:
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    return formatter


class OpenTelemetryFormatter(JsonFormatter):
    """One JSON object a line, with the names of OpenTelemetry's log data model.

    Inside a span, or a request or message that came with a W3C trace context, the line has its `trace_id`,
    `span_id` and `trace_flags`, at the top level as OpenTelemetry wants them outside of OTLP:
    https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
    """

    def __init__(self, service: str) -> None:
        super().__init__(
            "%(message)s",
            json_ensure_ascii=False,
            rename_fields={"message": "body", "exc_info": "exception.stacktrace"},
            static_fields={"service.name": service},
            # uvicorn repeats its lines in colour.
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill the object that is written."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        log_data["timestamp"] = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        log_data["severity_text"] = record.levelname
        log_data["severity_number"] = _SEVERITY_NUMBERS.get(record.levelno, 0)
        log_data["otel.scope.name"] = record.name
        super().add_fields(log_data, record, message_dict)
        if record.exc_info and record.exc_info[1] is not None:
            log_data["exception.type"] = type(record.exc_info[1]).__qualname__
            log_data["exception.message"] = str(record.exc_info[1])
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            log_data["trace_id"] = trace.format_trace_id(context.trace_id)
            log_data["span_id"] = trace.format_span_id(context.span_id)
            log_data["trace_flags"] = f"{context.trace_flags:02x}"
