"""Send requests to one API server: TLS, credentials, proxies, time limits; no meaning.

The standard library's HTTP client is used since it logs nothing at all: no header and no body
can reach a log, whatever levels a program sets.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import os
import socket
import ssl
import tempfile
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from sopsmith.adapters.kube_exec import Credential, run_plugin
from sopsmith.adapters.kubeconfig import Access, is_loopback
from sopsmith.errors import OutsideError, Unreachable
from sopsmith.secret import Secret

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings

_CONNECT = 10  # seconds
_ANSWER = 60  # seconds between two bytes
_LIMIT = 64 * 1024 * 1024  # bytes of one answer
_TRIES = 4
_LONGEST_WAIT = 5.0  # seconds
_BUSY = 429


class Reply(NamedTuple):
    """What the server said: the body as JSON, or None where it is none."""

    status: int
    body: dict[str, Any] | None


class Wire:
    """One connection to an API server, opened when it is first needed.

    Attributes:
        date: The header `Date` of the last answer; "" where it had none.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access = access
        self._proxy = find_proxy(access, settings)
        self.date = ""
        self._given: Credential | None = None
        self._connection: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> Reply:
        """Send a request and return the whole answer, whatever it says.

        Raises:
            Unreachable: No answer, not all of it, or one that is larger than 64 MiB.
            OutsideError: The credentials cannot be had.
        """
        target = urlsplit(self._access.server).path + path
        target += f"?{urlencode(query)}" if query else ""
        data = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": content_type} if data is not None else {}
        status, answer = self._send(method, target, data, kind)
        if status == 401 and (self._access.plugin or self._access.token_file):
            # What was good once may have expired; it is asked for again, once.
            self._given = None
            self.close()
            status, answer = self._send(method, target, data, kind)
        try:
            found = json.loads(answer)
        except ValueError:
            return Reply(status, None)
        return Reply(status, found if isinstance(found, dict) else None)

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        for left in reversed(range(_TRIES)):
            status, wait, answer = self._try(method, target, data, headers)
            if status != _BUSY or not left:
                break
            # The server says that it has not begun, so that even a write is safe to repeat.
            time.sleep(min(wait, _LONGEST_WAIT))
        return status, answer

    def _try(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, float, bytes]:
        # A connection that was idle may be gone. Only reading is repeated for that: whether a
        # write was carried out nobody could say, so it gets a connection of its own.
        reused = self._connection is not None
        if reused and method != "GET":
            self.close()
            reused = False
        try:
            return self._exchange(method, target, data, headers)
        except (ConnectionError, http.client.HTTPException):
            self.close()
            if not reused:
                raise self._unreachable("it broke the connection off") from None
        except OSError as error:
            self.close()
            raise self._unreachable(_reason(error)) from None
        return self._try(method, target, data, headers)

    def _exchange(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, float, bytes]:
        connection = self._connect()
        connection.putrequest(method, target)
        sent = {**headers, "Accept": "application/json", "User-Agent": "sopsmith"}
        if data is not None:
            sent["Content-Length"] = str(len(data))
        for name, value in [*sent.items(), *self._authorization(), *self._access.acting_as]:
            # http.client would quote the value, and it may be a token.
            if not value.isascii() or not value.isprintable():
                self.close()
                raise OutsideError(f"the credentials do not fit the header {name}")
            connection.putheader(name, value)
        connection.endheaders(data)
        answer = connection.getresponse()
        body = answer.read(_LIMIT + 1)
        if len(body) > _LIMIT:
            self.close()
            raise self._unreachable("its answer is larger than 64 MiB")
        self.date = answer.getheader("Date", "")
        wait = answer.getheader("Retry-After", "1")
        return answer.status, float(wait) if wait.isdigit() else 1.0, body

    def _authorization(self) -> list[tuple[str, str]]:
        token = self._credential().token
        if token is not None:
            return [("Authorization", f"Bearer {token.reveal().decode('latin-1').strip()}")]
        if self._access.password is not None:
            name, password = self._access.password
            pair = base64.b64encode(name.encode() + b":" + password.reveal()).decode()
            return [("Authorization", f"Basic {pair}")]
        return []

    def _credential(self) -> Credential:
        """Return what to show; a token of the file itself goes before a plugin's, as in kubectl."""
        if self._given is None:
            access = self._access
            if access.token_file:
                self._given = Credential(
                    _read_token(access.token_file), access.certificate, access.key
                )
            elif access.token is None and access.password is None and access.plugin:
                given = run_plugin(access)
                pair = (given.certificate, given.key) if given.key else ()
                self._given = Credential(given.token, *(pair or (access.certificate, access.key)))
            else:
                self._given = Credential(access.token, access.certificate, access.key)
        return self._given

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            connection = self._open()
            try:
                connection.connect()
            except OSError as error:
                raise self._unreachable(_reason(error)) from None
            connection.sock.settimeout(_ANSWER)
            self._connection = connection
        return self._connection

    def _open(self) -> http.client.HTTPConnection:
        server = urlsplit(self._access.server)
        host = server.hostname or ""
        if server.scheme == "http":
            return http.client.HTTPConnection(host, server.port or 80, timeout=_CONNECT)
        port = server.port or 443
        name = self._access.tls_name or host
        if not self._proxy:
            return _Tls(host, port, name, self._context())
        proxy = urlsplit(self._proxy)
        connection = _Tls(proxy.hostname or "", proxy.port or 80, name, self._context())
        connection.set_tunnel(host, port, _proxy_headers(self._proxy))
        return connection

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self._access.authority or None)
        except (ssl.SSLError, ValueError):
            raise OutsideError("the cluster's certificate-authority is no PEM") from None
        given = self._credential()
        if given.certificate is not None and given.key is not None:
            _load_client(context, given.certificate, given.key)
        return context

    def _unreachable(self, reason: str) -> Unreachable:
        return Unreachable(
            f"the API server did not answer: {reason}",
            path=self._access.server,
            hint=f"kubectl --context {self._access.context} get --raw /readyz",
        )


class _Tls(http.client.HTTPSConnection):
    """A connection whose certificate may be checked for another name than the address."""

    def __init__(self, host: str, port: int, name: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=_CONNECT, context=context)
        self._name = name
        self._tls = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason})"
    if isinstance(error, TimeoutError):
        return "time ran out"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return (error.strerror or str(error) or type(error).__name__).lower()


def _read_token(path: str) -> Secret:
    try:
        with open(path, "rb") as handle:
            return Secret(handle.read(65536).strip())
    except OSError as error:
        raise OutsideError((error.strerror or "it cannot be read").lower(), path=path) from None


def _load_client(context: ssl.SSLContext, certificate: Secret, key: Secret) -> None:
    """Give a context the client's certificate and key; OpenSSL takes them from a file alone."""
    pem = certificate.reveal() + b"\n" + key.reveal()
    try:
        if hasattr(os, "memfd_create"):
            with os.fdopen(os.memfd_create("client", os.MFD_CLOEXEC), "wb") as memory:
                memory.write(pem)
                memory.flush()
                context.load_cert_chain(f"/proc/self/fd/{memory.fileno()}", password="")
        else:  # Where memory has no files: a private one, for the moment of the call.
            with tempfile.NamedTemporaryFile() as file:
                file.write(pem)
                file.flush()
                context.load_cert_chain(file.name, password="")
    except (ssl.SSLError, ValueError):
        raise OutsideError("the client's certificate and key do not fit together") from None


def find_proxy(access: Access, settings: Settings) -> str:
    """Return the proxy to go through, as Go's net/http chooses it; "" for none."""
    host = urlsplit(access.server).hostname or ""
    proxy = access.proxy
    if not proxy and not _bypasses(host, settings.get("NO_PROXY") or settings.get("no_proxy")):
        proxy = settings.get("HTTPS_PROXY") or settings.get("https_proxy")
    if proxy and urlsplit(proxy).scheme != "http":
        raise OutsideError("only a proxy of http:// is supported", path=access.server)
    return proxy


def _bypasses(host: str, listed: str) -> bool:
    if is_loopback(host):
        return True
    entries = [one.strip().lower() for one in listed.split(",") if one.strip()]
    return any(_matches(host.lower(), entry) for entry in entries)


def _matches(host: str, entry: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.lstrip("*").lstrip(".")
        return not name or host == name or host.endswith("." + name)


def _proxy_headers(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if not parts.username:
        return {}
    pair = f"{parts.username}:{parts.password or ''}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}
