"""The Vault token goes to allowed addresses alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sopsmith.adapters.environment import Settings
from sopsmith.adapters.vault import ALLOWLIST, Vault
from sopsmith.errors import OutsideError

URL = "https://vault.example.org/v1/transit/encrypt/key"


def vault(allowed: str) -> Vault:
    return Vault(Settings("/nowhere", "", {ALLOWLIST: allowed, "VAULT_TOKEN": "t"}))


@pytest.mark.parametrize(
    "allowed", ["", "all", "https://vault.example.org", "http://x, https://vault.example.org/v1/"]
)
def test_an_address_of_the_list_is_allowed(allowed: str) -> None:
    vault(allowed).check_allowed(URL)


@pytest.mark.parametrize("allowed", ["none", "https://vault.example", "http://vault.example.org"])
def test_another_address_is_refused(allowed: str) -> None:
    with pytest.raises(OutsideError, match="does not allow it"):
        vault(allowed).check_allowed(URL)


def test_an_empty_entry_is_refused() -> None:
    with pytest.raises(OutsideError, match="an entry is empty"):
        vault("https://a,").check_allowed(URL)


class _Redirecting(BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.seen.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while self.path == "/v1/endless":
                self.wfile.write(b" " * (1 << 16))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def redirecting() -> Iterator[str]:
    _Redirecting.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), _Redirecting)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_redirect_is_not_followed(redirecting: str) -> None:
    with pytest.raises(OutsideError, match="HTTP 302"):
        vault("all").ask("POST", f"{redirecting}/v1/x", {"a": "b"})
    assert _Redirecting.seen == ["/v1/x"]


def test_an_answer_without_an_end_is_given_up(redirecting: str) -> None:
    with pytest.raises(OutsideError, match="larger than 4 MiB"):
        vault("all").ask("GET", f"{redirecting}/v1/endless")
