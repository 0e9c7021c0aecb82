"""Download a file of a known SHA-256, and go on where an earlier attempt was cut off.

What has arrived is kept under its digest in a folder of the user's cache. It is continued only
where the server says, by the same strong ETag, that it still has the very same file; and nothing
leaves here that does not have the digest.

Source: RFC 9110 section 13.1.5 (If-Range), section 14 (Range, Content-Range).
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import platform
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request

from sopsmith.adapters.web import check_https, open_answer, place_of, unreachable
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPMessage, HTTPResponse

LIMIT = 512 * 1024 * 1024  # bytes
_CHUNK = 1024 * 1024
_ATTEMPTS = 3
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def read_platform() -> str:
    """Return what this machine is, as releases name it: `linux-amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"


def cache_folder(environ: Mapping[str, str]) -> str:
    """Return where downloads that were cut off are kept.

    Raises:
        OutsideError: The environment names no home.
    """
    home = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):
        if not environ.get("HOME"):
            raise OutsideError("HOME is not set, so there is no cache to download into")
        home = os.path.join(environ["HOME"], ".cache")
    return os.path.join(home, "sopsmith", "downloads")


def file_digest(path: str) -> str:
    """Return a file's SHA-256; "" where there is none, "unreadable" where it cannot be told.

    A symbolic link counts as unreadable: whoever made it meant another file.
    """
    if os.path.islink(path):
        return "unreadable"
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
    except OSError:
        return "unreadable"


class Downloads:
    """Downloads into a folder of the cache.

    Args:
        folder: Where parts are kept; made where it is missing.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def fetch(self, url: str, sha256: str) -> bytes:
        """Return the bytes behind an address, which have the digest.

        Raises:
            OutsideError: They have another one, or are too many, or come by way of plain HTTP.
            NotThere, Denied, Unreachable: The server does not give them.
            Conflict: Another process downloads the same.
        """
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        path = os.path.join(self._folder, sha256)
        with open(f"{path}.part", "a+b") as part:
            _lock(part, url)
            if not (part.tell() and _digest(part) == sha256):
                self._fill(url, part, f"{path}.tag")
            found = _digest(part)
            # Right or wrong, nothing is to be continued from here.
            data = _read(part) if found == sha256 else b""
            _forget(f"{path}.part", f"{path}.tag")
        if found != sha256:
            raise OutsideError(
                f"its SHA-256 is {found}, and {sha256} was expected; nothing of it was used",
                path=place_of(url),
            )
        return data

    def _fill(self, url: str, part: IO[bytes], tag_path: str) -> None:
        for left in reversed(range(_ATTEMPTS)):
            try:
                _receive(url, part, tag_path)
            except Unreachable as error:
                if not left:
                    error.hint = "run it again: it goes on where it was cut off"
                    raise
            else:
                return


def _receive(url: str, part: IO[bytes], tag_path: str) -> None:
    """Get what is missing of a part, or all of it where it cannot be continued."""
    have = part.seek(0, os.SEEK_END)
    tag = _read_tag(tag_path, url) if have else ""
    headers = {"User-Agent": "sopsmith"}
    if tag:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    try:
        with open_answer(Request(url, headers=headers), _Secure()) as answer:  # noqa: S310
            if not (answer.status == 206 and _continues(answer, have)):
                part.truncate(0)
                _write_tag(tag_path, url, answer.headers.get("ETag", ""))
            _copy(answer, part, url)
    except HTTPError as error:
        with error:
            if error.code == 416:  # The server has less than we do: it is not the same file.
                part.truncate(0)
            raise _refusal(error, url) from None
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(url, error) from None


def _continues(answer: HTTPResponse, have: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _copy(answer: HTTPResponse, part: IO[bytes], url: str) -> None:
    announced = answer.headers.get("Content-Length")
    size = part.seek(0, os.SEEK_END)
    end = size + int(announced) if announced and announced.isdigit() else None
    while size <= LIMIT and (chunk := answer.read(_CHUNK)):
        part.write(chunk)
        size += len(chunk)
    part.flush()
    if size > LIMIT:
        part.truncate(0)
        raise OutsideError(f"is larger than {LIMIT // _CHUNK} MiB", path=place_of(url))
    if end is not None and size < end:
        raise Unreachable(f"broke off after {size} of {end} bytes", path=place_of(url))


def _refusal(error: HTTPError, url: str) -> OutsideError:
    place = place_of(url)
    if error.code in {404, 410}:
        return NotThere("there is no such file", path=place)
    if error.code in {401, 403, 407}:
        return Denied(f"the server refuses: HTTP {error.code}", path=place)
    return Unreachable(f"the server answers HTTP {error.code}", path=place)


class _Secure(HTTPRedirectHandler):
    """Follow redirects, but never from where nobody listens to where somebody may."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the request that follows."""
        check_https(newurl, came_from=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _lock(part: IO[bytes], url: str) -> None:
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict("another process downloads it already", path=place_of(url)) from None


def _digest(part: IO[bytes]) -> str:
    part.seek(0)
    return hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]


def _read(part: IO[bytes]) -> bytes:
    part.seek(0)
    return part.read()


def _read_tag(path: str, url: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            noted = json.load(file)
        return str(noted["tag"]) if noted["url"] == url else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write_tag(path: str, url: str, tag: str) -> None:
    # A weak tag says of two files that they are alike, not that their bytes are.
    strong = tag if tag.startswith('"') else ""
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"url": url, "tag": strong}, file)


def _forget(*paths: str) -> None:
    for path in paths:
        if os.path.lexists(path):
            os.unlink(path)
