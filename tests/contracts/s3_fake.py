"""Stand in for an S3 server on loopback: objects with metadata, versions, settings of a bucket.

This is a fake. It holds to the part of S3's HTTP interface that sopsmith uses and looks at no
signature; `test_object_store.py` and `test_archive_s3.py` and, over a real MinIO,
`tests/e2e/test_publish.py` and `test_archive.py` hold it and the server to the same suites.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

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


class Faults:
    """What goes wrong at the server from now on.

    Attributes:
        conditions: What `If-None-Match` meets: "obeyed", "refused" (501) or "ignored".
        answer: (HTTP status, code) of every answer; a code that is empty is no body, and one
            that begins with `<` is the body.
        lacks: Sub-resources that it does not have, such as `versions`.
        cut: Announce the whole object and send half of it.
        unmeasured: Send objects without their length.
        lose: The next PUT is stored, and its answer never sent.
    """

    def __init__(self) -> None:
        self.conditions = "obeyed"
        self.answer: tuple[int, str] | None = None
        self.lacks: set[str] = set()
        self.cut = False
        self.unmeasured = False
        self.lose = False


class S3Fake(Loopback):
    """One server.

    Attributes:
        versions: Bucket and key to its versions, oldest first; None is the mark of a deletion.
        kept: Bucket and key to the metadata headers of the newest version.
        puts: How many objects were stored.
        subresources: Bucket and name, such as `policy`, to what was PUT there.
        intruder: What somebody else stores just before the next PUT of an object.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.one_by_one = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, faults too."""
        self.buckets: set[str] = set()
        self.versions: dict[str, list[bytes | None]] = {}
        self.kept: dict[str, dict[str, str]] = {}
        self.puts = 0
        self.subresources: dict[tuple[str, str], bytes] = {}
        self.faults = Faults()
        self.requests: list[str] = []
        self.intruder: bytes | None = None

    @property
    def objects(self) -> dict[str, bytes]:
        """Return what stands under each bucket and key."""
        newest = {path: found[-1] for path, found in self.versions.items() if found}
        return {path: data for path, data in newest.items() if data is not None}

    def versioned(self, bucket: str) -> bool:
        """Tell whether a bucket keeps versions."""
        return b"Enabled" in self.subresources.get((bucket, "versioning"), b"")


@contextmanager
def serving() -> Iterator[S3Fake]:
    """Run a server while the block runs."""
    with running(S3Fake()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: S3Fake
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Head and body are two packets; the second would wait.

    def do_GET(self) -> None:
        bucket, key, query = self._parts()
        if self._fails(query):
            return
        if bucket not in self.server.buckets:
            self._refuse(404, "NoSuchBucket")
        elif key:
            self._get(f"{bucket}/{key}", query)
        elif "versions" in query or "list-type" in query:
            self._list(bucket, query)
        else:
            self._subresource(bucket, query)

    def do_PUT(self) -> None:
        bucket, key, query = self._parts()
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._fails(query):
            return
        if key:
            with self.server.one_by_one:
                self._put(bucket, f"{bucket}/{key}", data)
        elif query:
            self.server.subresources[bucket, next(iter(query))] = data
            self._answer(200, b"")
        elif bucket in self.server.buckets:
            self._refuse(409, "BucketAlreadyOwnedByYou")
        else:
            self.server.buckets.add(bucket)
            if self.headers.get("x-amz-bucket-object-lock-enabled"):
                lock = b"<ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                self.server.subresources[bucket, "object-lock"] = _xml(
                    "ObjectLockConfiguration", lock
                )
            self._answer(200, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _parts(self) -> tuple[str, str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).strip("/").partition("/")
        self.server.requests.append(f"{self.command} {self.path}")
        return bucket, key, parse_qs(parts.query, keep_blank_values=True)

    def _fails(self, query: dict[str, list[str]]) -> bool:
        faults = self.server.faults
        if faults.answer:
            self._refuse(*faults.answer)
            return True
        if faults.lacks & set(query):
            self._refuse(501, "NotImplemented")
            return True
        return False

    def _get(self, path: str, query: dict[str, list[str]]) -> None:
        found = self.server.versions.get(path, [])
        number = int(query["versionId"][0]) if "versionId" in query else len(found) - 1
        if not found or found[number] is None:
            self._refuse(404, "NoSuchKey")
            return
        kept = self.server.kept.get(path)
        self._answer(200, found[number] or b"", kept, cut=self.server.faults.cut)

    def _put(self, bucket: str, path: str, data: bytes) -> None:
        faults = self.server.faults
        conditional = "If-None-Match" in self.headers
        if bucket not in self.server.buckets:
            self._refuse(404, "NoSuchBucket")
            return
        if conditional and faults.conditions == "refused":
            self._refuse(501, "NotImplemented")
            return
        found = self.server.versions.setdefault(path, [])
        if self.server.intruder is not None:
            found.append(self.server.intruder)
            self.server.intruder = None
        if conditional and faults.conditions == "obeyed" and found and found[-1] is not None:
            self._refuse(412, "PreconditionFailed")
            return
        if not self.server.versioned(bucket):
            found.clear()
        found.append(data)
        marks = {name.lower(): value for name, value in self.headers.items()}
        self.server.kept[path] = {k: v for k, v in marks.items() if k.startswith("x-amz-meta-")}
        self.server.puts += 1
        if faults.lose:
            faults.lose = False
            self.close_connection = True
            return
        self._answer(200, b"")

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix = f"{bucket}/{query.get('prefix', [''])[0]}"
        lines = [f"<Name>{bucket}</Name>"]
        for path in sorted(self.server.versions):
            if not path.startswith(prefix):
                continue
            key = f"<Key>{escape(path.removeprefix(bucket + '/'))}</Key>"
            found = self.server.versions[path]
            if "versions" not in query:
                lines += [f"<Contents>{key}</Contents>"] * (found[-1] is not None)
                continue
            for number, data in reversed([*enumerate(found)]):
                name = "DeleteMarker" if data is None else "Version"
                lines.append(f"<{name}>{key}<VersionId>{number}</VersionId></{name}>")
        self._answer(200, _xml("ListResult", "".join(lines).encode()))

    def _subresource(self, bucket: str, query: dict[str, list[str]]) -> None:
        absent = {
            "object-lock": "ObjectLockConfigurationNotFoundError",
            "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
            "policy": "NoSuchBucketPolicy",
            "lifecycle": "NoSuchLifecycleConfiguration",
        }
        name = next(iter(query))
        stored = self.server.subresources.get((bucket, name))
        if stored is None and name in absent:
            self._refuse(404, absent[name])
        else:
            self._answer(200, stored or _xml("Empty", b""))

    def _refuse(self, status: int, code: str) -> None:
        text = f"<Code>{code}</Code>".encode()
        body = code.encode() if code.startswith("<") else _xml("Error", text)
        self._answer(status, body if code else b"")

    def _answer(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.server.faults.unmeasured:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True


def _xml(name: str, inner: bytes) -> bytes:
    return b"<?xml version='1.0'?><%s>%s</%s>" % (name.encode(), inner, name.encode())
