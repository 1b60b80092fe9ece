"""A port that leads to the broker, and may be opened later than the producer starts."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress

from tests.integration.producer.web import POLL_SECONDS


class Forward(socketserver.ThreadingTCPServer):
    """A port that leads to the broker."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, broker: str) -> None:
        host, _, number = broker.rpartition(":")
        self._broker = (host, int(number))
        super().__init__(("127.0.0.1", port), Pipe)
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def connect(self) -> socket.socket:
        return socket.create_connection(self._broker)


class Pipe(socketserver.BaseRequestHandler):
    """Both directions of one connection."""

    server: Forward
    request: socket.socket

    def handle(self) -> None:
        with self.server.connect() as broker:
            back = threading.Thread(target=self.copy, args=(broker, self.request), daemon=True)
            back.start()
            self.copy(self.request, broker)

    @staticmethod
    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
