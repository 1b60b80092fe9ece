"""A web server of one folder, with ETags."""

from __future__ import annotations

import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

POLL_SECONDS = 0.02
"""How soon a server notices that it is closed."""


class Handler(SimpleHTTPRequestHandler):
    """A folder over HTTP with ETags."""

    server: Web

    def do_GET(self) -> None:
        body = Path(self.translate_path(self.path)).read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        known = self.headers.get("If-None-Match") == etag
        self.server.answers.append(304 if known else 200)
        self.send_response(304 if known else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)

    def log_message(self, format: str, *args: object) -> None: ...


class Web(ThreadingHTTPServer):
    """The web server of one folder."""

    allow_reuse_address = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(
            ("127.0.0.1", port),
            lambda *given: Handler(*given, directory=str(folder)),
        )
        self.answers: list[int] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,))
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
