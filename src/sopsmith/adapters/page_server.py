"""Serve one page to the person at this machine, and to nobody else.

It listens on 127.0.0.1. The address that is printed holds a token that works once, for a cookie;
what has no cookie, or calls the server by another name than its own (DNS rebinding), is refused.
It only ever answers GET.

Source: RFC 6265bis (SameSite, HttpOnly), RFC 9110 (403, 405, 421).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from sopsmith.errors import Error, OutsideError
from sopsmith.secret import Secret

HOST = "127.0.0.1"
_PATIENCE = 10  # seconds for a request to come
_COOKIE = "sopsmith"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Page(NamedTuple):
    """A page and the Content-Security-Policy that it is sent with."""

    data: bytes
    policy: str


class PageServer(ThreadingHTTPServer):
    """Serve `/`, and at `/state` what the page asks to see whether it is still fresh.

    Args:
        read_state: Returns a text that changes whenever the page would.
        build: Makes the page of a state.
        port: 0 for any that is free.

    Raises:
        OutsideError: The port cannot be had.
    """

    daemon_threads = True

    def __init__(
        self, read_state: Callable[[], str], build: Callable[[str], Page], port: int
    ) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            reason = (error.strerror or "it cannot be had").lower()
            raise OutsideError(reason, path=f"{HOST}:{port}", hint="--port 0") from None
        self.read_state = read_state
        self._build = build
        self._lock = Lock()
        self._made: tuple[str, Page] | None = None
        self._token: Secret | None = Secret(secrets.token_urlsafe(32).encode())
        self._session = Secret(secrets.token_urlsafe(32).encode())

    @property
    def address(self) -> str:
        """Where a browser gets in, once."""
        assert self._token is not None
        return f"http://{HOST}:{self.server_port}/?token={self._token.reveal().decode()}"

    def page(self) -> Page:
        """Return the page as the repository is now; it is made once for each state."""
        with self._lock:
            state = self.read_state()
            if self._made is None or self._made[0] != state:
                self._made = (state, self._build(state))
            return self._made[1]

    def exchange(self, token: str) -> str | None:
        """Return the cookie for the token, the first time it comes."""
        with self._lock:
            if self._token is None or not _same(self._token, token):
                return None
            self._token = None
            return self._session.reveal().decode()

    def admits(self, cookie: str) -> bool:
        """Tell whether a cookie is the one that was given out."""
        return _same(self._session, cookie)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that hangs up is no news, and a traceback could hold anything."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version, sys_version = "sopsmith", ""
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Answer a request."""
        port = self.server.server_port
        if self.headers.get_all("Host") not in ([f"{HOST}:{port}"], [f"localhost:{port}"]):
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, b"this is not that server\n")
            return
        parts = urlsplit(self.path)
        token = parse_qs(parts.query).get("token", [""])[0]
        if parts.path == "/" and token and (cookie := self.server.exchange(token)):
            kept = f"{_COOKIE}={cookie}; HttpOnly; SameSite=Strict; Path=/"
            self._answer(HTTPStatus.SEE_OTHER, b"", {"Location": "/", "Set-Cookie": kept})
        elif not self.server.admits(self._cookie()):
            self._answer(HTTPStatus.FORBIDDEN, b"start `sopsmith ui` again for a new address\n")
        elif parts.path == "/":
            self._show()
        elif parts.path == "/state":
            self._answer(HTTPStatus.OK, self.server.read_state().encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there is only one page\n")

    def _show(self) -> None:
        try:
            page = self.server.page()
        except Error as error:
            # A file may be half written while somebody edits it; the next visit asks again.
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n".encode())
            return
        policy = f"{page.policy}; frame-ancestors 'none'"
        kind = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        self._answer(HTTPStatus.OK, page.data, kind)

    def refuse(self) -> None:
        """Refuse every method but GET."""
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, b"", {"Allow": "GET"})

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = refuse  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the token stands in the first request's line."""

    def _cookie(self) -> str:
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            return ""
        return found.value if found is not None else ""

    def _answer(self, status: HTTPStatus, data: bytes, more: dict[str, str] | None = None) -> None:
        plain = {"Content-Type": "text/plain; charset=utf-8",
                 "Content-Security-Policy": "default-src 'none'"}  # fmt: skip
        self.send_response(status)
        for name, value in {**_HEADERS, **plain, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _same(kept: Secret, given: str) -> bool:
    return hmac.compare_digest(kept.reveal(), given.encode("utf-8", "replace"))
