"""/healthz, /readyz and /metrics over HTTP, from threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST, ThreadingWSGIServer

_OK: Final = "200 OK"
_NOT_NOW: Final = "503 Service Unavailable"
_NOT_FOUND: Final = "404 Not Found"


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes are not news."""


def serve(
    host: str,
    port: int,
    *,
    alive: Callable[[], bool] = lambda: True,
    ready: Callable[[], bool],
    registry: CollectorRegistry = REGISTRY,
) -> WSGIServer:
    """Start serving. Port 0 picks a free one (`server_port` of what is returned); `shutdown()` ends it.

    A process is ready only while it is alive. Raises `OSError` where the port is taken.
    """

    def page(path: str) -> tuple[str, str, bytes]:
        if path == "/metrics":
            return _OK, CONTENT_TYPE_LATEST, generate_latest(registry)
        if path in ("/healthz", "/readyz"):
            good = alive() and (path == "/healthz" or ready())
            return (_OK, "text/plain", b"ok\n") if good else (_NOT_NOW, "text/plain", b"not now\n")
        return _NOT_FOUND, "text/plain", b"not found\n"

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, kind, body = page(environ["PATH_INFO"])
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    server = make_server(host, port, application, ThreadingWSGIServer, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    return server
