"""API Gateway for one template: requests in, calls of DynamoDB out, as the OpenAPI definition says.

What is done of it: required parameters and the body's schema are checked, the request's mapping template is
rendered and sent to DynamoDB as it is, and the answer goes through the response template that its status
selects. Signatures of callers are not checked, and nothing is throttled.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from jsonschema import Draft4Validator

from covid_cli.batch.apigateway.vtl import render
from covid_core.settings import DynamoSettings

_ACTION: Final = re.compile(r"arn:[^:]+:apigateway:[^:]*:dynamodb:action/(\w+)")
_JSON: Final = "application/json"
_TARGET: Final = "DynamoDB_20120810."


class Answer(NamedTuple):
    """What a caller gets. `body` is parsed JSON."""

    status: int
    body: Any


class Gateway:
    """Answers requests to the API of a template whose intrinsic functions are resolved."""

    def __init__(self, definition: Mapping[str, Any], settings: DynamoSettings, caller: str) -> None:
        """`caller`: what `$context.identity.userArn` says."""
        self._definition = definition
        self._settings = settings
        self._caller = caller
        self._http = httpx.Client(timeout=10)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def request(
        self, method: str, path: str, parameters: Mapping[str, str] | None = None, body: str = ""
    ) -> Answer:
        """One request. `body`: JSON text. Raises `httpx.HTTPError` where DynamoDB does not answer."""
        operation = self._definition["paths"].get(path, {}).get(method.lower())
        if operation is None:
            # API Gateway's own words.
            return Answer(403, {"message": "Missing Authentication Token"})
        given = parameters or {}
        fault = self._fault(operation, given, body)
        if fault is not None:
            return Answer(400, {"message": fault})
        integration = operation["x-amazon-apigateway-integration"]
        context = {
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": time.time_ns() // 1_000_000,
            "httpMethod": method,
            "identity": {"userArn": self._caller},
        }
        asked = render(integration["requestTemplates"][_JSON], body, given, context).text
        action = _ACTION.fullmatch(integration["uri"])
        if action is None:
            raise ValueError(f"{integration['uri']} is no action of DynamoDB")
        answered = self._call(action[1], asked)
        selected = _selected(integration["responses"], answered.status_code)
        shown = render(selected["responseTemplates"][_JSON], answered.text, given, context)
        return Answer(shown.status or int(selected["statusCode"]), json.loads(shown.text))

    def _fault(self, operation: Mapping[str, Any], parameters: Mapping[str, str], body: str) -> str | None:
        for parameter in operation.get("parameters", ()):
            if parameter.get("required") and not parameters.get(parameter["name"]):
                return f"Missing required request parameters: [{parameter['name']}]"
        if "requestBody" not in operation:
            return None
        schema = operation["requestBody"]["content"][_JSON]["schema"]
        try:
            content = json.loads(body)
        except ValueError:
            return "Invalid request body"
        known = {**schema, "components": self._definition["components"]}
        return None if Draft4Validator(known).is_valid(content) else "Invalid request body"

    def _call(self, action: str, body: str) -> httpx.Response:
        region = self._settings.region
        url = self._settings.endpoint or f"https://dynamodb.{region}.amazonaws.com"
        headers = {"X-Amz-Target": _TARGET + action, "Content-Type": "application/x-amz-json-1.0"}
        request = AWSRequest("POST", url, headers=headers, data=body.encode())
        keys = Credentials(self._settings.access_key or "", self._settings.secret_key or "")
        SigV4Auth(keys, "dynamodb", region).add_auth(request)
        return self._http.post(url, content=body.encode(), headers=dict(request.headers.items()))


def _selected(responses: Mapping[str, Any], status: int) -> Mapping[str, Any]:
    """The integration response whose pattern fits the whole status, else the default."""
    for pattern, response in responses.items():
        if pattern != "default" and re.fullmatch(pattern, str(status)):
            found: Mapping[str, Any] = response
            return found
    default: Mapping[str, Any] = responses["default"]
    return default
