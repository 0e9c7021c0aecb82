"""Serve Git repositories over HTTPS on loopback to who shows a token, as GitHub does."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.loopback import Loopback
from tests.loopback_tls import Authority


class GitServer(Loopback):
    """A server of the repositories in a folder, by git's own CGI program.

    Args:
        folder: `acme/platform` in it is the repository `https://…/acme/platform`.
        token: What must be shown, as the password of `x-access-token`.

    Attributes:
        served: Whether somebody with the token got something.
    """

    def __init__(self, folder: Path, token: str, authority: Authority) -> None:
        super().__init__(_Handler)
        self.folder = folder
        self.wanted = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
        self.served = False
        issued = authority.issue("git server")
        pem = folder / "server.pem"
        pem.write_bytes(issued.certificate + issued.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != self.server.wanted:
            self.send_response_only(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.served = True
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        cgi = {
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "http-backend"],
            input=body, env=dict(os.environ) | cgi, capture_output=True, check=True,
        )  # fmt: skip
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response_only(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        return
