"""Run a real control plane on loopback, with an admin and users without any rights.

etcd, kube-apiserver and of the controllers those that carry deletions out: what an object owns
goes with it, and what is in a namespace. There are no others and no kubelets: a Deployment and
a Pod are stored and never run.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.e2e.servers import free_port, listens, server
from tests.loopback_tls import Authority

from sopsmith.adapters.cluster import RealCluster, open_cluster
from sopsmith.adapters.environment import Settings
from sopsmith.kube.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    NAMESPACE,
    ROLE,
    ROLE_BINDING,
)
from sopsmith.ports import Object

TOOLS = Path(__file__).parents[2] / ".tools" / "bin"
ADMIN = "admin"
USERS = ("user-1", "user-2", "user-3", "user-4", "user-5", "user-6", "user-7", "user-8")
"""Users with a token and a context of their own name, and no rights but the discovery's."""
CERTIFIED = "certified"
"""A context of an admin who shows a client certificate."""


@dataclass(frozen=True)
class ControlPlane:
    """A running API server.

    Attributes:
        kubeconfig: With the contexts `admin`, `certified` and those of `USERS`.
        folder: Where its data and logs are: `kube-apiserver.log`, `etcd.log`, `controllers.log`.
        process: The API server itself; a test that ends it runs one of its own (`running`).
    """

    server: str
    kubeconfig: Path
    folder: Path
    process: subprocess.Popen[bytes]

    def cluster(self, context: str = ADMIN) -> RealCluster:
        """Return the port to it, as a user."""
        return open_cluster(context, Settings("", "", {"KUBECONFIG": str(self.kubeconfig)}))

    def kubectl(self, *argv: str, stdin: bytes = b"", context: str = ADMIN) -> bytes:
        """Run the real kubectl, which must succeed, and return its stdout."""
        words = ["kubectl", "--kubeconfig", str(self.kubeconfig), "--context", context, *argv]
        done = subprocess.run(words, input=stdin, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def namespace(self, name: str) -> str:
        """Make a namespace where there is none yet, and return its name."""
        if self.cluster().find(NAMESPACE, name) is None:
            self.cluster().create(NAMESPACE, {"metadata": {"name": name}})
        return name

    def grant(self, user: str, rules: list[Object], namespace: str = "") -> None:
        """Let a user do what RBAC rules say and nothing else: in one namespace, or in all."""
        name = f"sopsmith-test-{user}"
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        kind, binding = (ROLE, ROLE_BINDING) if namespace else (CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
        group = "rbac.authorization.k8s.io"
        self.cluster().apply(kind, {"metadata": metadata, "rules": rules})
        self.cluster().apply(
            binding,
            {
                "metadata": metadata,
                "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
                "roleRef": {"apiGroup": group, "kind": kind.kind, "name": name},
            },
        )


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Return a running API server, one for all tests; each test takes a namespace of its own."""
    needed = ("etcd", "kube-apiserver", "kube-controller-manager")
    missing = [one for one in needed if not os.access(TOOLS / one, os.X_OK)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; make e2e builds them")
    with running(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


@contextmanager
def running(folder: Path) -> Iterator[ControlPlane]:
    """Run etcd and an API server with their data in a folder while the block runs."""
    with _etcd(folder) as etcd, _api_server(folder, etcd) as plane, _controllers(plane):
        yield plane


@contextmanager
def _etcd(folder: Path) -> Iterator[str]:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    argv = [
        str(TOOLS / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]
    with server(argv, folder / "etcd.log", lambda: _answers(f"{client}/health")):
        yield client


@contextmanager
def _api_server(folder: Path, etcd: str) -> Iterator[ControlPlane]:
    port = free_port()
    address = f"https://127.0.0.1:{port}"
    authority = Authority()
    _write_credentials(folder, authority)
    argv = [
        str(TOOLS / "kube-apiserver"),
        f"--etcd-servers={etcd}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        # Nothing makes the accounts and their tokens that this check asks for.
        "--disable-admission-plugins=ServiceAccount",
        "--watch-cache=true",
    ]
    kubeconfig = folder / "kubeconfig"
    kubeconfig.touch(0o600)
    kubeconfig.write_text(json.dumps(_kubeconfig(address, folder, authority)))
    trusted = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    log = folder / "kube-apiserver.log"
    with server(argv, log, lambda: _answers(f"{address}/readyz", trusted)) as process:
        yield ControlPlane(address, kubeconfig, folder, process)


@contextmanager
def _controllers(plane: ControlPlane) -> Iterator[None]:
    port = free_port()
    argv = [
        str(TOOLS / "kube-controller-manager"),
        f"--kubeconfig={plane.kubeconfig}",
        f"--authentication-kubeconfig={plane.kubeconfig}",
        f"--authorization-kubeconfig={plane.kubeconfig}",
        "--controllers=garbage-collector-controller,namespace-controller",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={plane.folder}",
    ]
    with server(argv, plane.folder / "controllers.log", lambda: listens(port)):
        yield


def _answers(url: str, trusted: ssl.SSLContext | None = None) -> bool:
    # Loopback is never asked through a proxy of this machine.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    handlers += [urllib.request.HTTPSHandler(context=trusted)] if trusted else []
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _token(user: str) -> str:
    return f"token-of-{user}"


def _write_credentials(folder: Path, authority: Authority) -> None:
    served = authority.issue("kube-apiserver")
    (folder / "ca.crt").write_bytes(authority.certificate)
    (folder / "server.crt").write_bytes(served.certificate)
    (folder / "server.key").write_bytes(served.key)
    key = rsa.generate_private_key(65537, 2048)
    (folder / "accounts.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    lines = [f"{_token(ADMIN)},{ADMIN},{ADMIN},system:masters\n"]
    lines += [f"{_token(user)},{user},{user}\n" for user in USERS]
    (folder / "tokens.csv").write_text("".join(lines))


def _kubeconfig(address: str, folder: Path, authority: Authority) -> Object:
    shown = authority.issue(CERTIFIED, organization="system:masters")
    users: dict[str, Object] = {user: {"token": _token(user)} for user in (ADMIN, *USERS)}
    users[CERTIFIED] = {
        "client-certificate-data": base64.b64encode(shown.certificate).decode(),
        "client-key-data": base64.b64encode(shown.key).decode(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": ADMIN,
        # A path, and a relative one, as kubectl config writes it.
        "clusters": [
            {"name": "test", "cluster": {"server": address, "certificate-authority": "ca.crt"}}
        ],
        "contexts": [
            {"name": user, "context": {"cluster": "test", "user": user}} for user in users
        ],
        "users": [{"name": user, "user": fields} for user, fields in users.items()],
    }
