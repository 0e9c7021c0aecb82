"""What an API server may do to a caller: be busy, break off, forget, or be something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

import pytest
from tests.loopback import Loopback, running

from sopsmith.adapters import kube_http
from sopsmith.adapters.cluster import RealCluster
from sopsmith.adapters.environment import Settings
from sopsmith.adapters.kube_exec import Credential
from sopsmith.adapters.kube_http import Wire
from sopsmith.adapters.kubeconfig import Access
from sopsmith.errors import Denied, ManifestError, OutsideError, Unreachable
from sopsmith.kube.kinds import APPLICATION, CONFIGMAP, SECRET
from sopsmith.secret import Secret

CANARY = "canary-value-1618033988"
NO_SETTINGS = Settings("", "", {})


class Said(NamedTuple):
    """One answer of the server; status 0 breaks the connection off."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    ends: bool = False


class Api(Loopback):
    """A server that says what a test tells it, in that order, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.says: list[Said] = []
        self.asked: list[tuple[str, str, str]] = []

    def cluster(self, **access: Any) -> RealCluster:
        """Return the door to it."""
        found = Access("test", self.address, **access)
        return RealCluster(found, Wire(found, NO_SETTINGS))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        authorization = self.headers.get("Authorization", "")
        self.server.asked.append((self.command, self.path, authorization))
        said = self.server.says.pop(0)
        if not said.status:
            self.close_connection = True
            return
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in (*said.headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        # Without a word, as a server does that has waited long enough.
        self.close_connection = said.ends

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def api() -> Iterator[Api]:
    """Return a server with nothing to say yet."""
    with running(Api()) as server:
        yield server


def status(code: int, reason: str, **more: Any) -> Said:
    """Return a refusal as the API server writes it, with a value in its message."""
    body = {"kind": "Status", "code": code, "reason": reason, "message": CANARY}
    return Said(code, body | more)


ONE: dict[str, Any] = {"metadata": {"name": "c", "namespace": "n"}}


def test_a_busy_server_is_asked_again(api: Api) -> None:
    api.says = [Said(429, {}, (("Retry-After", "0"),)), Said(201, ONE)]
    assert api.cluster().create(CONFIGMAP, ONE) == ONE
    assert len(api.asked) == 2


def test_a_server_that_stays_busy_is_unreachable(api: Api) -> None:
    busy = status(429, "TooManyRequests")._replace(headers=(("Retry-After", "0"),))
    api.says = [busy] * 4
    with pytest.raises(Unreachable, match="HTTP 429 TooManyRequests"):
        api.cluster().find(CONFIGMAP, "c", "n")


def test_reading_goes_on_where_an_idle_connection_was_closed(api: Api) -> None:
    api.says = [Said(200, ONE, ends=True), Said(200, ONE)]
    cluster = api.cluster()
    assert cluster.find(CONFIGMAP, "c", "n") == cluster.find(CONFIGMAP, "c", "n") == ONE


def test_a_write_that_is_broken_off_is_not_repeated(api: Api) -> None:
    api.says = [Said(200, ONE), Said(0)]
    cluster = api.cluster()
    cluster.find(CONFIGMAP, "c", "n")
    with pytest.raises(Unreachable, match="broke the connection off"):
        cluster.create(CONFIGMAP, ONE)
    assert [asked[0] for asked in api.asked] == ["GET", "POST"]


@pytest.mark.parametrize("code", [500, 503, 504])
def test_a_server_that_failed_is_unreachable_and_not_quoted(api: Api, code: int) -> None:
    api.says = [status(code, "InternalError")]
    with pytest.raises(Unreachable, match=f"failed to list secrets: HTTP {code}") as caught:
        api.cluster().list(SECRET)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        Said(404, b"<html>not found</html>"),
        Said(404, b"404 page not found\n"),
        Said(200, b"<html>welcome</html>"),
        Said(200, []),
        Said(302, b"", (("Location", "/elsewhere"),)),
        Said(502, b"bad gateway"),
    ],
)
def test_what_is_not_the_api_proves_no_absence(api: Api, said: Said) -> None:
    api.says = [said, Said(404, b"404 page not found\n")]
    with pytest.raises(Unreachable, match="what answers is not the Kubernetes API"):
        api.cluster().find(APPLICATION, "a", "argocd")


def test_a_list_whose_chunks_are_forgotten_is_read_at_once(api: Api) -> None:
    first = {"items": [ONE], "metadata": {"continue": "next"}}
    api.says = [Said(200, first), status(410, "Expired"), Said(200, {"items": [ONE, ONE]})]
    assert len(api.cluster().list(CONFIGMAP, "n", "a=b")) == 2
    assert api.asked[2][1] == "/api/v1/namespaces/n/configmaps?labelSelector=a%3Db"


def test_a_refusal_by_admission_is_told_from_one_by_rbac(api: Api) -> None:
    api.says = [status(403, "Forbidden")]
    with pytest.raises(Denied, match="an admission check of the cluster refuses") as caught:
        api.cluster().create(SECRET, ONE)
    assert CANARY not in str(caught.value)


def test_what_is_invalid_is_told_by_its_fields_alone(api: Api) -> None:
    cause = {"reason": "FieldValueInvalid", "field": "data[a]", "message": CANARY}
    api.says = [status(422, "Invalid", details={"causes": [cause]})]
    with pytest.raises(ManifestError, match=r"data\[a\]: FieldValueInvalid$"):
        api.cluster().create(SECRET, ONE)


def test_an_answer_larger_than_the_limit_is_not_read(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_http, "_LIMIT", 100)
    api.says = [Said(200, {"a": "b" * 100})]
    with pytest.raises(Unreachable, match="larger than"):
        api.cluster().find(CONFIGMAP, "c", "n")


def test_a_plugin_is_asked_again_once_its_token_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter("abc")
    monkeypatch.setattr(
        kube_http, "run_plugin", lambda _: Credential(Secret(next(tokens).encode()), None, None)
    )
    api.says = [status(401, "Unauthorized"), Said(200, ONE), *[status(401, "Unauthorized")] * 2]
    cluster = api.cluster(plugin={"command": "x"})
    assert cluster.find(CONFIGMAP, "c", "n") == ONE
    with pytest.raises(Denied, match="does not accept the credentials"):
        cluster.find(CONFIGMAP, "c", "n")
    assert [asked[2] for asked in api.asked] == ["Bearer a", "Bearer b", "Bearer b", "Bearer c"]


def test_a_name_and_password_are_shown(api: Api) -> None:
    api.says = [Said(200, ONE)]
    api.cluster(password=("me", Secret(b"mine"))).find(CONFIGMAP, "c", "n")
    assert api.asked[0][2] == "Basic bWU6bWluZQ=="


@pytest.mark.parametrize("token", [f"{CANARY}\n{CANARY}", f"{CANARY}\0", f"{CANARY}ü"])
def test_a_token_that_fits_no_header_is_not_quoted(api: Api, token: str) -> None:
    with pytest.raises(OutsideError, match="do not fit the header Authorization") as caught:
        api.cluster(token=Secret(token.encode())).find(CONFIGMAP, "c", "n")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("server", "variables", "proxy", "expected"),
    [
        ("https://a.example", {}, "", ""),
        ("https://a.example", {"HTTPS_PROXY": "http://p:3128"}, "", "http://p:3128"),
        ("https://a.example", {"https_proxy": "http://p:3128"}, "http://q:1", "http://q:1"),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x,.example"}, "", ""),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, "", ""),
        ("https://10.1.2.3", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "", ""),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, "", ""),
    ],
)
def test_a_proxy_is_chosen_as_kubectl_does(
    server: str, variables: dict[str, str], proxy: str, expected: str
) -> None:
    access = Access("test", server, proxy=proxy)
    assert kube_http.find_proxy(access, Settings("", "", variables)) == expected


@pytest.mark.parametrize("authority", ["no PEM", "-----BEGIN CERTIFICATE-----"])
def test_an_authority_that_is_none_is_said(authority: str) -> None:
    access = Access("test", "https://127.0.0.1:1", authority=authority)
    with pytest.raises(OutsideError, match="is no PEM"):
        Wire(access, NO_SETTINGS).send("GET", "/")


def test_a_certificate_without_its_key_is_said(api: Api) -> None:
    address, pem = api.address.replace("http://", "https://"), Secret(CANARY.encode())
    access = Access("test", address, certificate=pem, key=pem)
    with pytest.raises(OutsideError, match="do not fit together"):
        Wire(access, NO_SETTINGS).send("GET", "/")


def test_a_server_without_tls_is_unreachable(api: Api) -> None:
    access = Access("test", api.address.replace("http://", "https://"))
    with pytest.raises(Unreachable, match="no TLS"):
        Wire(access, NO_SETTINGS).send("GET", "/")


def test_a_proxy_of_another_kind_is_refused() -> None:
    access = Access("test", "https://a.example", proxy="socks5://p:1")
    with pytest.raises(OutsideError, match="only a proxy of http://"):
        Wire(access, NO_SETTINGS)
