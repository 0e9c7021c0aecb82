"""Stand in for AWS Parameter Store, Secrets Manager and Vault's key-value engine on loopback.

They hold to the services' HTTP interfaces (AWS JSON 1.1 by `X-Amz-Target`, Vault's /v1), as far
as values are read, listed by pages of two, and deleted.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import Loopback, running

TOKEN = "s.test-token"
_PAGE = 2


class ValueServer(Loopback):
    """All three services.

    Attributes:
        parameters, secrets: What AWS holds; the history of a parameter is its versions.
        vault: What is under each path below the mount `secret`, without `data/`.
        asked: Every request: an AWS action, or Vault's method and path.
        denies: Refuse everything.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.parameters: dict[str, list[str]] = {}
        self.secrets: dict[str, str | bytes] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.vault: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.denies = False


@contextmanager
def serving() -> Iterator[ValueServer]:
    """Run a server while the block runs."""
    with running(ValueServer()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: ValueServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.server.asked.append(action)
        if self.server.denies:
            self._answer(400, {"__type": "AccessDeniedException", "message": "no"})
            return
        try:
            self._answer(200, getattr(self, f"_{action}")(body))
        except KeyError:
            is_parameter = "SSM" in self.headers["X-Amz-Target"]
            code = "ParameterNotFound" if is_parameter else "ResourceNotFoundException"
            self._answer(400, {"__type": code})

    def do_GET(self) -> None:
        self._vault("GET")

    def do_DELETE(self) -> None:
        self._vault("DELETE")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _GetParameter(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name, _, version = body["Name"].partition(":")
        held = self.server.parameters[name]
        value = held[int(version) - 1] if version else held[-1]
        return {"Parameter": {"Name": name, "Value": value, "Type": "SecureString"}}

    def _DescribeParameters(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        names = sorted(self.server.parameters)
        for one in body.get("ParameterFilters") or []:
            if one["Key"] == "Path":
                names = [name for name in names if name.startswith(one["Values"][0])]
            else:
                key = one["Key"].removeprefix("tag:")
                names = [name for name in names
                         if self.server.tags.get(name, {}).get(key) in one["Values"]]  # fmt: skip
        return self._page("Parameters", [{"Name": name} for name in names], body)

    def _DeleteParameter(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        del self.server.parameters[body["Name"]]
        return {}

    def _GetSecretValue(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        value = self.server.secrets[body["SecretId"]]
        if isinstance(value, bytes):
            return {"SecretBinary": base64.b64encode(value).decode()}
        return {"SecretString": value}

    def _ListSecrets(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        listed = [
            {"Name": name, "Tags": [{"Key": k, "Value": v}
                                    for k, v in self.server.tags.get(name, {}).items()]}
            for name in sorted(self.server.secrets)
        ]  # fmt: skip
        return self._page("SecretList", listed, body)

    def _DeleteSecret(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert body["RecoveryWindowInDays"] == 30
        del self.server.secrets[body["SecretId"]]
        return {"Name": body["SecretId"]}

    def _page(self, name: str, items: list[Any], body: dict[str, Any]) -> dict[str, Any]:
        start = int(body.get("NextToken") or 0)
        page: dict[str, Any] = {name: items[start : start + _PAGE]}
        return page | ({"NextToken": str(start + _PAGE)} if items[start + _PAGE :] else {})

    def _vault(self, method: str) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/v1/")
        self.server.asked.append(f"{method} {path}")
        if self.server.denies or self.headers.get("X-Vault-Token") != TOKEN:
            self._answer(403, {"errors": ["permission denied"]})
        elif "list" in parse_qs(parts.query):
            self._list(path.removeprefix("secret/metadata/"))
        elif path.startswith("secret/metadata/"):
            tags = self.server.tags.get(path.removeprefix("secret/metadata/"))
            self._answer(200, {"data": {"custom_metadata": tags}})
        else:
            self._one(method, path.removeprefix("secret/data/"))

    def _one(self, method: str, name: str) -> None:
        if name not in self.server.vault:
            self._answer(404, {"errors": []})
        elif method == "DELETE":
            del self.server.vault[name]
            self._answer(200, {})
        else:
            self._answer(200, {"data": {"data": self.server.vault[name], "metadata": {}}})

    def _list(self, path: str) -> None:
        below = [name.removeprefix(path) for name in self.server.vault if name.startswith(path)]
        keys = sorted({one.split("/")[0] + ("/" if "/" in one else "") for one in below})
        self._answer(200 if keys else 404, {"data": {"keys": keys}} if keys else {})

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
