"""A way to DynamoDB that has no write capacity left, now and then."""

from __future__ import annotations

import json
import random
import threading
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_PREFIX: Final = "com.amazonaws.dynamodb.v20120810#"
_REFUSED: Final = "The level of configured provisioned throughput for the table was exceeded"


class Throttled:
    """An HTTP proxy to a DynamoDB. `share` of the writes is refused as AWS refuses them, none at first.

    A refused transaction is told in one of AWS's two ways: the request is throttled, or it is cancelled by
    one of its items. Source: Amazon DynamoDB Developer Guide, Error handling; TransactWriteItems, Errors.
    """

    def __init__(self, host: str, port: int, seed: int = 0) -> None:
        """`seed`: of what decides which writes are refused, and how, in the order in which they come."""
        self.share = 0.0
        self.refused = 0
        self._random = random.Random(seed)
        self._target = (host, port)
        outer = self

        class Handler(_Handler):
            proxy = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """The end."""
        self._server.shutdown()
        self._server.server_close()

    def connection(self) -> HTTPConnection:
        """A connection to the server itself."""
        return HTTPConnection(*self._target, timeout=60)

    def refusal(self, operation: str, body: bytes) -> dict[str, Any] | None:
        """What a request is answered instead of what the server would say; None where it goes through."""
        if (
            operation not in ("PutItem", "DeleteItem", "TransactWriteItems")
            or self._random.random() >= self.share
        ):
            return None
        self.refused += 1
        if operation == "TransactWriteItems" and self._random.random() < 0.5:
            reasons: list[dict[str, str]] = [{"Code": "None"} for _ in json.loads(body)["TransactItems"]]
            self._random.choice(reasons)["Code"] = "ThrottlingError"
            codes = ", ".join(reason["Code"] for reason in reasons)
            return {
                "__type": f"{_PREFIX}TransactionCanceledException",
                "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
                f"[{codes}]",
                "CancellationReasons": reasons,
            }
        return {"__type": f"{_PREFIX}ProvisionedThroughputExceededException", "message": _REFUSED}


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, with one to the server behind it."""

    proxy: Throttled
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._server = self.proxy.connection()

    def finish(self) -> None:
        self._server.close()
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if (refusal := self.proxy.refusal(operation, body)) is not None:
            self._answer(400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(refusal).encode())
            return
        try:
            self._server.request("POST", self.path, body, dict(self.headers.items()))
            answer = self._server.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
        except (OSError, HTTPException):  # no server behind it: the client sees what it would see without us
            self.close_connection = True

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a request is no news."""

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
