"""The part of GitHub that gives tokens to Apps; it verifies what it is shown."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from tests.loopback import Loopback

TOKEN = "made-up-installation-token"


class FakeGitHub(Loopback):
    """A GitHub of one App with one installation, on loopback.

    Attributes:
        repositories: What the installation has.
        permissions: What it was granted.
        ahead: Seconds by which its clock is ahead.
        answer: Status, body and headers to say in place of a grant, if set.
        revoked: Tokens that were given back.
    """

    def __init__(self, key: RSAPublicKey, account: str = "acme") -> None:
        super().__init__(_Handler)
        self.key = key
        self.account = account
        self.repositories = ["platform"]
        self.permissions = {"contents": "read", "metadata": "read"}
        self.ahead = 0
        self.answer: tuple[int, bytes, dict[str, str]] | None = None
        self.revoked: list[str] = []

    @property
    def api(self) -> str:
        """Its base address, as that of a GitHub Enterprise."""
        return f"{self.address}/api/v3"

    def now(self) -> float:
        """Return the time by its clock."""
        return time.time() + self.ahead

    def trusts(self, shown: str) -> bool:
        """Tell whether a JWT is App 12345's, signed by its key, and of now."""
        head, claims, signature = shown.split(".")
        if json.loads(_decoded(head)) != {"alg": "RS256", "typ": "JWT"}:
            return False
        try:
            self.key.verify(_decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        said = json.loads(_decoded(claims))
        in_time = said["iat"] <= self.now() < said["exp"] <= self.now() + 600
        return bool(in_time and said["iss"] == "12345")


class _Handler(BaseHTTPRequestHandler):
    server: FakeGitHub

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.answer is not None:
            self._say(*self.server.answer)
        elif not self.server.trusts(self.headers["Authorization"].removeprefix("Bearer ")):
            self._say(401, b'{"message": "A JSON web token could not be decoded"}')
        elif self.path != "/api/v3/app/installations/67890/access_tokens":
            self._say(404, b'{"message": "Not Found"}')
        else:
            self._say(*self._grant(body))

    def do_DELETE(self) -> None:
        self.server.revoked.append(self.headers["Authorization"])
        self._say(204 if self.path == "/api/v3/installation/token" else 404, b"")

    def _grant(self, wish: dict[str, Any] | None) -> tuple[int, bytes]:
        """Return a token for what is wished, or without a wish for all that there is."""
        names = (wish or {}).get("repositories", self.server.repositories)
        rights = (wish or {}).get("permissions", self.server.permissions)
        has = set(names) <= set(self.server.repositories)
        if not has or not rights.items() <= self.server.permissions.items():
            return 422, b'{"message": "not granted"}'
        ends = datetime.fromtimestamp(self.server.now() + 3600, UTC)
        granted = {
            "token": TOKEN,
            "expires_at": ends.isoformat(timespec="seconds"),
            "permissions": rights,
            "repositories": [{"full_name": f"{self.server.account}/{one}"} for one in names],
        }
        return 201, json.dumps(granted).encode()

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.server.now(), usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
