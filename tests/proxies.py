"""A way to a server that can be cut, held up and slowed down."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from typing import Final

_CHUNK: Final = 65536


class Proxy:
    """A TCP proxy. Whole when made; each trouble lasts until `heal`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[socket.socket] = set()
        self._passing = threading.Event()
        self._passing.set()
        self._delay = 0.0
        self._rate: float | None = None
        self._cut = False
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def cut(self) -> None:
        """Reset what is open and refuse what is new, as where no server runs."""
        self._cut = True
        self._close(self._listener)
        self.reset()

    def restore(self) -> None:
        """Let connections in again."""
        self._listener = self._listen(self.port)
        self._cut = False

    def reset(self) -> None:
        """Close what is open; new connections come through."""
        for connection in list(self._open):
            self._close(connection)

    def hold(self) -> None:
        """Half-open: connections stand and are taken, and nothing passes."""
        self._passing.clear()

    def delay(self, seconds: float) -> None:
        """Everything passes so many seconds later, in each direction."""
        self._delay = seconds

    def throttle(self, rate: float) -> None:
        """At most so many bytes a second pass, in each direction of each connection."""
        self._rate = rate

    def heal(self) -> None:
        """End every trouble."""
        self._delay, self._rate = 0.0, None
        self._passing.set()
        if self._cut:
            self.restore()

    def close(self) -> None:
        """The end."""
        self._passing.set()
        self.cut()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(self._target)
                except OSError:  # no server either: the client sees what it would see without us
                    self._close(client)
                    continue
                for source, sink in ((client, server), (server, client)):
                    self._open.add(source)
                    waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                    threading.Thread(target=self._receive, args=(source, waiting), daemon=True).start()
                    threading.Thread(target=self._send, args=(waiting, source, sink), daemon=True).start()

    def _receive(self, source: socket.socket, waiting: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                waiting.put((time.monotonic() + self._delay, data))
                if self._rate is not None:
                    time.sleep(len(data) / self._rate)
        waiting.put((time.monotonic() + self._delay, b""))

    def _send(
        self, waiting: queue.SimpleQueue[tuple[float, bytes]], source: socket.socket, sink: socket.socket
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = waiting.get()
                time.sleep(max(0.0, due - time.monotonic()))
                self._passing.wait()
                if not data:
                    break
                sink.sendall(data)
        self._close(source)
        self._close(sink)

    def _close(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
