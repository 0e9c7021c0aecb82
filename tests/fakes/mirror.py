"""A mirror of releases on loopback, which serves ranges and misbehaves when told to."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler

from tests.loopback import Loopback


class Mirror(Loopback):
    """A server of files.

    Attributes:
        files: Bytes by path.
        cuts: After how many bytes to break off, one for each of the next answers.
        redirects: Where a path leads.
        refuses: A status to answer everything with.
        tagged: Whether it gives ETags.
        asked: Path and `Range` of each request.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.redirects: dict[str, str] = {}
        self.refuses = 0
        self.tagged = True
        self.asked: list[tuple[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        if self.server.refuses:
            return self._say(self.server.refuses)
        if self.path in self.server.redirects:
            return self._say(302, {"Location": self.server.redirects[self.path]})
        if self.path not in self.server.files:
            return self._say(404)
        return self._serve(self.server.files[self.path])

    def _serve(self, data: bytes) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()[:8]}"'
        tags = {"ETag": tag} if self.server.tagged else {}
        begin = 0
        if "Range" in self.headers and self.headers.get("If-Range") == tag:
            begin = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if begin >= len(data):
                return self._say(416)
            tags["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        return self._say(206 if begin else 200, tags, data[begin:])

    def _say(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts and body else body)

    def log_message(self, *_: object) -> None:
        return
