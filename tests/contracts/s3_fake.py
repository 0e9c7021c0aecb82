"""Stand in for an S3 server on loopback: buckets, objects and their metadata, nothing else.

This is a fake. It holds to the part of S3's HTTP interface that sopsmith uses, looks at no
signature, and `test_object_store.py` holds it and a real MinIO (in `make e2e`) to one suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from tests.loopback import Loopback, running

ENVIRON = {
    "AWS_ACCESS_KEY_ID": "sopsmith-test",
    "AWS_SECRET_ACCESS_KEY": "sopsmith-test-secret",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""What points boto3 at a server of a test, beside AWS_ENDPOINT_URL."""


class S3Fake(Loopback):
    """One server; `objects` maps a path to bytes and metadata headers."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.buckets: set[str] = set()
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.puts = 0


@contextmanager
def serving() -> Iterator[S3Fake]:
    """Run a server while the block runs."""
    with running(S3Fake()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: S3Fake
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        path = self._path()
        data = self._body()
        if "/" not in path:
            self.server.buckets.add(path)
            self._answer(200, b"")
        elif path.partition("/")[0] not in self.server.buckets:
            self._refuse(404, "NoSuchBucket")
        else:
            kept = {k.lower(): v for k, v in self.headers.items() if "x-amz-meta-" in k.lower()}
            self.server.objects[path] = (data, kept)
            self.server.puts += 1
            self._answer(200, b"")

    def do_GET(self) -> None:
        path = self._path()
        if path.partition("/")[0] not in self.server.buckets:
            self._refuse(404, "NoSuchBucket")
        elif path not in self.server.objects:
            self._refuse(404, "NoSuchKey")
        else:
            data, kept = self.server.objects[path]
            self._answer(200, data, kept)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _path(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _refuse(self, code: int, name: str) -> None:
        self._answer(code, f"<Error><Code>{name}</Code></Error>".encode())

    def _answer(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("ETag", '"0"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
