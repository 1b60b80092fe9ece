"""A Lambda function on this machine: a process of AWS's own runtime client, served by Lambda's Runtime API.

The process runs `python -m awslambdaric MODULE.HANDLER`, which is what AWS's Python images run; events and
answers go through the API that Lambda offers it. Not emulated: the limit of memory, and the machine's
isolation. Source: AWS Lambda Developer Guide, "Using the Lambda runtime API".
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

_HOST: Final = "127.0.0.1"
_PREFIX: Final = "/2018-06-01/runtime"
_STOP_SECONDS: Final = 5
_POLL_SECONDS: Final = 0.1


class FunctionError(RuntimeError):
    """The function answered with an error: its type, and what it says."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class _Result(NamedTuple):
    succeeded: bool
    body: bytes


class Function:
    """A running function. `with Function(...) as function: function.invoke(event)`; one event at a time."""

    def __init__(self, handler: str, environ: Mapping[str, str], log: Path, seconds: float) -> None:
        """`handler`: `package.module.function`; `log`: where its output goes; `seconds`: its time limit."""
        self._log = log
        self._seconds = seconds
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._results: queue.Queue[_Result] = queue.Queue()
        self._server = _RuntimeApi((_HOST, 0), _handler_of(self._events, self._results, seconds))
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._serving.start()
        self._invoking = threading.Lock()
        name = handler.rpartition(".")[0].rpartition(".")[2]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "awslambdaric", handler),
                env={
                    **{key: value for key, value in os.environ.items() if not key.startswith("COVID_")},
                    **environ,
                    "AWS_LAMBDA_RUNTIME_API": f"{_HOST}:{self._server.server_port}",
                    "AWS_LAMBDA_FUNCTION_NAME": name,
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def invoke(self, event: Any) -> Any:
        """What the function answers. Raises `FunctionError`, also where it ends or takes too long."""
        with self._invoking:
            self._events.put((uuid.uuid4().hex, json.dumps(event).encode()))
            result = self._result()
        content: Any = json.loads(result.body)
        if result.succeeded:
            return content
        raise FunctionError(str(content.get("errorType")), str(content.get("errorMessage")))

    def close(self) -> None:
        """End the process and the API."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def _result(self) -> _Result:
        deadline = time.monotonic() + self._seconds
        while time.monotonic() < deadline:
            try:
                return self._results.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._process.poll() is not None:
                    code = self._process.returncode
                    raise FunctionError("Runtime.ExitError", f"exit code {code}; see {self._log}") from None
        self._process.kill()  # as Lambda does; a late answer would be taken for the next event's
        raise FunctionError("Sandbox.Timedout", f"no answer within {self._seconds} s; see {self._log}")


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a function that hung up because it was ended."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler_of(
    events: queue.Queue[tuple[str, bytes]], results: queue.Queue[_Result], seconds: float
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            identity, event = events.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", identity)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + seconds) * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:0:function:local")
            self._finish(event)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            results.put(_Result(self.path.endswith("/response"), body))
            self.send_response(202)
            self._finish(b"")

        def _finish(self, body: bytes) -> None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the function's own log is what matters."""

    return Handler
