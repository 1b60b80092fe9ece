"""Errors as RFC 9457 problem documents (`application/problem+json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from covid_core.records import Refused

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:covid-tracker:problem:"
RETRY_AFTER_SECONDS: Final = 5


class Problem(Exception):
    """An answer that is an error. `code` is stable for programs, `detail` is for people.

    `challenges`: the ways to log in, each a `WWW-Authenticate` of its own, since Chromium takes a whole
    header for one challenge.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        challenges: Sequence[str] = (),
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.headers = dict(headers or {})
        self.challenges = challenges
        self.members = members


class Unavailable(Exception):
    """Kafka or DynamoDB does not answer. `part` names which, `reason` says how it showed."""

    def __init__(self, part: str, reason: str, **members: Any) -> None:
        super().__init__(f"{part} is unavailable: {reason}")
        self.part = part
        self.members = members


def document(status: int, detail: str, code: str | None = None, **members: Any) -> bytes:
    """The JSON of a problem."""
    phrase = HTTPStatus(status).phrase
    body = {
        "type": TYPE_PREFIX + code if code else "about:blank",
        "title": phrase,
        "status": status,
        "detail": detail,
    }
    return msgspec.json.encode(body | members)


def response(problem: Problem) -> Response:
    """The HTTP response of a problem."""
    answer = Response(
        document(problem.status, problem.detail, problem.code, **problem.members),
        problem.status,
        problem.headers,
        MEDIA_TYPE,
    )
    for challenge in problem.challenges:
        answer.headers.append("WWW-Authenticate", challenge)
    return answer


def unknown_record(record_id: str) -> Problem:
    """No such record."""
    return Problem(404, f"There is no record {record_id}.", code="unknown-record", id=record_id)


def internal_error() -> Problem:
    """What a fault of the service answers: nothing of its inside."""
    return Problem(500, "The service failed; its log has the cause under this response's X-Request-ID.")


def unavailable(error: Unavailable) -> Problem:
    """503 with Retry-After."""
    return Problem(
        503,
        str(error),
        code="unavailable",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        part=error.part,
        **error.members,
    )


def _of_http(request: Request, error: HTTPException) -> Problem:
    detail = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path}; /openapi.json lists what there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible on {request.url.path}."
    return Problem(error.status_code, detail, headers=error.headers)


def _of_validation(error: RequestValidationError) -> Problem:
    errors = [
        {
            "parameter": ".".join(str(part) for part in item["loc"][1:]),
            "detail": item["msg"].removeprefix("Value error, "),
        }
        for item in error.errors()
    ]
    sentence = "; ".join(f"{item['parameter']}: {item['detail']}" for item in errors)
    return Problem(422, sentence, code="invalid-parameter", errors=errors)


def _of_refused(error: Refused) -> Problem:
    return Problem(422, error.reason, code=error.code.replace("_", "-"))


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document; 500 is made by the middleware in `context`."""

    async def on_problem(_: Request, error: Any) -> Response:
        return response(error)

    async def on_http(request: Request, error: Any) -> Response:
        return response(_of_http(request, error))

    async def on_validation(_: Request, error: Any) -> Response:
        return response(_of_validation(error))

    async def on_refused(_: Request, error: Any) -> Response:
        return response(_of_refused(error))

    async def on_unavailable(_: Request, error: Any) -> Response:
        return response(unavailable(error))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(Unavailable, on_unavailable)
