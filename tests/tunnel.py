"""Run a proxy on loopback that tunnels, as companies have them, while a test needs it."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.loopback import Loopback, running


class Proxy(Loopback):
    """The proxy; `asked` has each address asked for and what was shown with it."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[tuple[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        """Join the caller with the address that it names, until one of them ends."""
        shown = self.headers.get("Proxy-Authorization", "")
        self.server.asked.append((self.path, shown))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                _join(self.connection, there)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _join(here: socket.socket, there: socket.socket) -> None:
    while True:
        for one in select.select([here, there], [], [], 10)[0]:
            data = one.recv(65536)
            if not data:
                return
            (there if one is here else here).sendall(data)


@contextmanager
def tunnelling() -> Iterator[Proxy]:
    """Run a proxy while the block runs."""
    with running(Proxy()) as proxy:
        yield proxy
