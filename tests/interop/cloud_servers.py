"""Stand in for AWS KMS and for Vault's transit engine on loopback.

Neither real server can be built here from the registries, so these are fakes that hold to the
two services' HTTP interfaces; the real sops talks to the same fakes in the same tests, which is
what shows that they are fair.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.loopback import Loopback, running

TOKEN = "s.test-token"


class CloudServer(Loopback):
    """Both services with one secret key; `down` makes every request fail."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.cipher = AESGCM(os.urandom(32))
        self.down = False
        self.asked: list[str] = []

    def seal(self, data: bytes, context: str) -> bytes:
        """Encrypt under a context."""
        nonce = os.urandom(12)
        return nonce + self.cipher.encrypt(nonce, data, context.encode())

    def open(self, blob: bytes, context: str) -> bytes:
        """Decrypt; InvalidTag where blob and context do not fit."""
        return self.cipher.decrypt(blob[:12], blob[12:], context.encode())


@contextmanager
def serving() -> Iterator[CloudServer]:
    """Run a server while the block runs."""
    with running(CloudServer()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: CloudServer

    def do_POST(self) -> None:
        self._answer(*self._act())

    def do_PUT(self) -> None:
        self._answer(*self._act())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _act(self) -> tuple[int, dict[str, Any]]:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        target = self.headers.get("X-Amz-Target", self.path)
        self.server.asked.append(target)
        if self.server.down:
            return 403, {"__type": "AccessDeniedException", "errors": ["permission denied"]}
        try:
            if target.startswith("TrentService."):
                return 200, self._kms(target.removeprefix("TrentService."), body)
            return self._vault(self.path, body)
        except InvalidTag:
            return 400, {"__type": "InvalidCiphertextException", "errors": ["cannot decrypt"]}

    def _kms(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        context = json.dumps(body.get("EncryptionContext") or {}, sort_keys=True)
        key = "arn:aws:kms:eu-west-1:111122223333:key/test"
        if action == "Encrypt":
            blob = self.server.seal(base64.b64decode(body["Plaintext"]), context)
            return {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": key}
        plain = self.server.open(base64.b64decode(body["CiphertextBlob"]), context)
        return {"Plaintext": base64.b64encode(plain).decode(), "KeyId": key}

    def _vault(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.headers.get("X-Vault-Token") != TOKEN:
            return 403, {"errors": ["permission denied"]}
        verb, name = path.split("/")[-2:]
        if verb == "encrypt":
            blob = self.server.seal(base64.b64decode(body["plaintext"]), name)
            return 200, {"data": {"ciphertext": "vault:v1:" + base64.b64encode(blob).decode()}}
        blob = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
        return 200, {"data": {"plaintext": base64.b64encode(self.server.open(blob, name)).decode()}}

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
