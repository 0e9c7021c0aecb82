from __future__ import annotations

import http.client
from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlsplit

import pytest

from sopsmith.adapters.page_server import Page, PageServer
from sopsmith.errors import LayoutError


@pytest.fixture
def server() -> Iterator[PageServer]:
    """Serve a page, with the state `1`."""
    with PageServer(lambda: "1", lambda state: Page(f"page {state}".encode(), "x"), 0) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def enter(server: PageServer) -> str:
    """Return the cookie for the token."""
    parts = urlsplit(server.address)
    status, headers, _ = ask(server, f"{parts.path}?{parts.query}")
    assert (status, headers["Location"]) == (303, "/")
    assert headers["Set-Cookie"].endswith("; HttpOnly; SameSite=Strict; Path=/")
    return headers["Set-Cookie"].partition(";")[0]


def test_the_token_works_once_and_the_cookie_from_then_on(server: PageServer) -> None:
    address = urlsplit(server.address)
    cookie = enter(server)
    assert ask(server, f"/?{address.query}")[0] == 403
    assert [ask(server, "/", Cookie=cookie)[2] for _ in range(2)] == [b"page 1"] * 2
    assert ask(server, "/state", Cookie=cookie)[2] == b"1"


def test_a_page_that_cannot_be_made_says_why(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> Page:
        raise LayoutError("is no settings file", path="sopsmith.yaml")

    monkeypatch.setattr(server, "_build", fail)
    status, _, body = ask(server, "/", Cookie=enter(server))
    assert (status, body) == (500, b"sopsmith.yaml: is no settings file\n")


def test_without_the_cookie_nothing_is_shown(server: PageServer) -> None:
    for path in ("/", "/state", "/?token=", "/?token=x"):
        assert ask(server, path, Cookie="sopsmith=x")[0] == 403
    assert enter(server)


def test_another_name_of_the_host_is_refused_with_the_cookie_too(server: PageServer) -> None:
    cookie = enter(server)
    assert ask(server, "/", Cookie=cookie, Host="evil.example:80")[0] == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_every_method_but_get_is_refused(server: PageServer, method: str) -> None:
    assert ask(server, "/", method, Cookie=enter(server))[0] == 405


def test_the_page_comes_with_a_policy_and_is_never_stored(server: PageServer) -> None:
    _, headers, _ = ask(server, "/", Cookie=enter(server))
    assert headers["Content-Security-Policy"] == "x; frame-ancestors 'none'"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
