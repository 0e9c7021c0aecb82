"""An answer that never ends takes no memory, and one that breaks off is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest
from tests.loopback import Loopback, running

from sopsmith.adapters import aws_answers
from sopsmith.adapters.archive_s3 import S3Archive
from sopsmith.adapters.s3 import S3Place
from sopsmith.errors import OutsideError, Unreachable
from sopsmith.repo.s3_variables import S3Access
from sopsmith.secret import Secret

ACCESS = S3Access("", Secret(b"key"), Secret(b"secret"))
LIST = b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"


class Handler(BaseHTTPRequestHandler):
    """Answers lists: without an end, or the first one cut in the middle."""

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked += 1  # type: ignore[attr-defined]
        endless = "endless" in self.path
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(OSError):
            while endless:
                self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            self.wfile.write(f"{len(LIST):x}\r\n".encode() + LIST)
            # The first answer breaks off.
            if self.server.asked > 1:  # type: ignore[attr-defined]
                self.wfile.write(b"\r\n0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(Loopback):
    """Counts what it is asked."""

    asked = 0


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server(Handler)) as made:
        yield made


def test_an_answer_without_an_end_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_answers, "LIMIT", 1 << 20)
    archive = S3Archive(S3Place("endless", "", server.address, "eu"), ACCESS)
    with pytest.raises(OutsideError, match="larger than 1 MiB") as caught:
        archive.names()
    assert not isinstance(caught.value, Unreachable)
    assert server.asked == 1


def test_an_answer_that_breaks_off_is_asked_for_again(server: Server) -> None:
    archive = S3Archive(S3Place("bucket", "", server.address, "eu"), ACCESS)
    with suppress(OutsideError):
        archive.names()
    assert server.asked == 2
