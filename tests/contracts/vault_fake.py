"""Stand in for Vault's key-value engine on loopback, in both of its versions.

This is a fake: no Vault can be built from the registries here. The real sops publishes to the
same fake in the same tests, which is what shows that it is fair.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import Loopback, running

TOKEN = "s.test-token"


class VaultFake(Loopback):
    """One server; `entries` maps `secret/data/app/x` (version 2) or `secret/app/x` to values."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.entries: dict[str, dict[str, Any]] = {}
        self.writes = 0


@contextmanager
def serving() -> Iterator[VaultFake]:
    """Run a server while the block runs."""
    with running(VaultFake()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: VaultFake

    def do_GET(self) -> None:
        found = self.server.entries.get(self._path())
        if not self._may():
            self._answer(403, {"errors": ["permission denied"]})
        elif found is None:
            self._answer(404, {"errors": []})
        else:
            versioned = "/data/" in self._path()
            self._answer(200, {"data": {"data": found, "metadata": {}} if versioned else found})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if not self._may():
            self._answer(403, {"errors": ["permission denied"]})
            return
        self.server.entries[self._path()] = body["data"] if "/data/" in self._path() else body
        self.server.writes += 1
        self._answer(200, {"data": {"version": 1}})

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _path(self) -> str:
        return self.path.removeprefix("/v1/")

    def _may(self) -> bool:
        return self.headers.get("X-Vault-Token") == TOKEN

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
