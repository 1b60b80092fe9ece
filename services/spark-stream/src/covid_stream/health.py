"""`/healthz`, `/readyz` and `/metrics` for probes and Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

_metrics = make_wsgi_app()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes are not news."""


def serve(host: str, port: int, ready: Callable[[], bool]) -> WSGIServer:
    """Serve in a thread of its own; the server's `server_port` tells the port. Stop it by `shutdown()`."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            answer: Iterable[bytes] = _metrics(environ, start_response)
            return answer
        known = path in {"/healthz", "/readyz"}
        ok = known and (path == "/healthz" or ready())
        status = "200 OK" if ok else "503 Service Unavailable" if known else "404 Not Found"
        start_response(status, [("Content-Type", "text/plain")])
        return [status.encode() + b"\n"]

    server = make_server(host, port, app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
