"""Ask servers over HTTPS; plain HTTP is for loopback alone.

Proxies and the trusted authorities are those of the environment, as urllib and OpenSSL find them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sopsmith.errors import OutsideError, Unreachable

if TYPE_CHECKING:
    from http.client import HTTPMessage, HTTPResponse
    from typing import IO

TIMEOUT = 30  # seconds between two bytes
_LIMIT = 1024 * 1024  # bytes of an answer that is read whole
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def ask(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers by lower-case name, and body of an answer, whatever it says.

    A redirect is an answer like any other, since the headers may hold a credential.

    Raises:
        OutsideError: The address is not https.
        Unreachable: No answer, not all of it, or more than 1 MiB.
    """
    try:
        with open_answer(Request(url, body, headers, method=method), _Stay()) as answer:  # noqa: S310
            data = answer.read(_LIMIT + 1)
            found = {name.lower(): value for name, value in answer.headers.items()}
            status = answer.status
    except HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read(_LIMIT)
    except OSError as error:
        raise unreachable(url, error) from None
    if len(data) > _LIMIT:
        raise Unreachable("the answer is larger than 1 MiB", path=place_of(url))
    return status, found, data


def open_answer(asked: Request, redirects: HTTPRedirectHandler) -> HTTPResponse:
    """Open the answer to a request.

    Raises:
        OutsideError: The address is not https.
        HTTPError: The server refuses; the error is the answer.
        Unreachable: It does not answer.
    """
    check_https(asked.full_url)
    try:
        answer: HTTPResponse = build_opener(redirects).open(asked, timeout=TIMEOUT)
    except HTTPError:
        raise
    except (URLError, OSError, ValueError) as error:
        raise unreachable(asked.full_url, error) from None
    return answer


def check_https(url: str, came_from: str = "") -> None:
    """Make sure that an address is https, or on loopback where we were not sent to from outside.

    Raises:
        OutsideError: It is not: whoever is on the way could read and change everything.
    """
    parts = urlsplit(url)
    inside = parts.hostname in _LOOPBACK
    if came_from and urlsplit(came_from).hostname not in _LOOPBACK:
        inside = False
    if parts.scheme != "https" and not (parts.scheme == "http" and inside):
        what = "redirects to an address that is not https" if came_from else "is not https"
        raise OutsideError(what, path=place_of(came_from or url))


def place_of(url: str) -> str:
    """Return an address without what may be a credential in it: user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def unreachable(url: str, error: Exception) -> Unreachable:
    """Return the error of a server that does not answer, or not in full."""
    reason = getattr(error, "reason", error)
    said = getattr(reason, "verify_message", "") or getattr(reason, "strerror", "")
    return Unreachable(f"does not answer: {said or type(reason).__name__}", path=place_of(url))


class _Stay(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Follow nothing."""
        return
