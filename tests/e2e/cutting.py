"""Stand between a client and a server on loopback, and fail as networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Proxy:
    """Pass bytes on, until something is set to go wrong.

    Attributes:
        address: Where clients connect.
        cut_up: After so many bytes from the client a connection is cut; None for never.
        cut_down: The same for bytes from the server.
        silent: Take connections and bytes, and give nothing back.
        lose: So many answers are lost, each to a request of more than 10,000 bytes.
        cuts: How many connections were cut.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.cut_up: int | None = None
        self.cut_down: int | None = None
        self.silent = False
        self.lose = 0
        self.cuts = 0

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.create_connection(self._target)
        sent = [0]
        down = threading.Thread(target=self._down, args=(server, client, sent), daemon=True)
        down.start()
        with client, server, contextlib.suppress(OSError):
            while data := client.recv(8192):
                sent[0] += len(data)
                if self.cut_up is not None and sent[0] > self.cut_up:
                    self.cuts += 1
                    break
                if not self.silent:
                    server.sendall(data)
            # Closing alone would not wake the other thread.
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _down(self, server: socket.socket, client: socket.socket, sent: list[int]) -> None:
        got = 0
        with contextlib.suppress(OSError):
            while data := server.recv(8192):
                got += len(data)
                lost = self.lose > 0 and sent[0] > 10_000
                if lost or (self.cut_down is not None and got > self.cut_down):
                    self.lose -= lost
                    self.cuts += 1
                    break
                client.sendall(data)
        for one in (client, server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(target: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server while the block runs."""
    proxy = Proxy(target)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
