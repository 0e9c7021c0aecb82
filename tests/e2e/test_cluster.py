"""The cluster's door against a real kube-apiserver: the contract, and what only it can show."""

from __future__ import annotations

import itertools
import json
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contracts.cluster import (
    CANARY,
    READER_RULES,
    ClusterContract,
    config,
    secret,
)
from tests.e2e.control_plane import CERTIFIED, ControlPlane
from tests.e2e.servers import free_port, wait_until
from tests.loopback_tls import Authority
from tests.tunnel import tunnelling

from sopsmith.adapters.cluster import RealCluster, open_cluster
from sopsmith.adapters.environment import Settings
from sopsmith.errors import Conflict, Denied, Error, ManifestError, NotThere, Unreachable
from sopsmith.kube.kinds import CONFIGMAP, NAMESPACE, SECRET
from sopsmith.ports import Cluster, Object

pytestmark = pytest.mark.e2e

READER = "user-1"
_NUMBERS = itertools.count(1)


@pytest.fixture
def cluster(control_plane: ControlPlane) -> RealCluster:
    """Return the cluster as its admin."""
    return control_plane.cluster()


@pytest.fixture
def namespace(control_plane: ControlPlane) -> str:
    """Return a new namespace."""
    return control_plane.namespace(f"cluster-{next(_NUMBERS)}")


class TestReal(ClusterContract):
    """The contract over the real one."""

    @pytest.fixture
    def cluster(self, control_plane: ControlPlane) -> Cluster:
        """Return the cluster as its admin."""
        return control_plane.cluster()

    @pytest.fixture
    def namespace(self, control_plane: ControlPlane) -> str:
        """Return a new namespace."""
        return control_plane.namespace(f"contract-{next(_NUMBERS)}")

    @pytest.fixture
    def reader(self, control_plane: ControlPlane, namespace: str) -> Cluster:
        """Return the cluster as a user with few rights."""
        control_plane.grant(READER, READER_RULES, namespace)
        return control_plane.cluster(READER)

    @pytest.fixture
    def gone(self, control_plane: ControlPlane, tmp_path: Path) -> Cluster:
        """Return a cluster where nothing listens."""
        return rewritten(control_plane, tmp_path, server=f"https://127.0.0.1:{free_port()}")


def rewritten(
    plane: ControlPlane, folder: Path, user: Object | None = None, **cluster: object
) -> RealCluster:
    """Return the cluster by a kubeconfig of its own: another way to reach it, or another user."""
    found = json.loads(plane.kubeconfig.read_text())
    fields = found["clusters"][0]["cluster"]
    authority = {"certificate-authority": str(plane.folder / "ca.crt")}
    fields.update(authority | {key.replace("_", "-"): value for key, value in cluster.items()})
    if user is not None:
        found["users"][0]["user"] = user
    path = folder / "kubeconfig"
    path.write_text(json.dumps(found))
    return open_cluster("admin", Settings("", "", {"KUBECONFIG": str(path)}))


def test_kubectl_reads_what_was_written(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.cluster().create(SECRET, secret(namespace, a="grüße"))
    told = control_plane.kubectl("get", "secret", "s", "-n", namespace, "-o", "json")
    assert json.loads(told)["data"] == {"a": "Z3LDvMOfZQ=="}


def test_a_client_certificate_is_shown(control_plane: ControlPlane) -> None:
    assert control_plane.cluster(CERTIFIED).list(NAMESPACE)


def test_an_exec_plugin_gives_the_token(control_plane: ControlPlane, tmp_path: Path) -> None:
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "token-of-admin"},
    }
    words = f"import os, json; os.environ['KUBERNETES_EXEC_INFO']; print({json.dumps(answer)!r})"
    plugin = {
        "apiVersion": answer["apiVersion"],
        "command": sys.executable,
        "args": ["-c", words],
        "interactiveMode": "Never",
    }
    assert rewritten(control_plane, tmp_path, user={"exec": plugin}).list(NAMESPACE)


def test_a_token_file_is_read_again_when_the_token_is_refused(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("token-of-admin\n")
    cluster = rewritten(control_plane, tmp_path, user={"tokenFile": "token"})
    assert cluster.list(NAMESPACE)
    token.write_text("an-old-one\n")
    other = rewritten(control_plane, tmp_path, user={"tokenFile": "token"})
    with pytest.raises(Denied, match="does not accept the credentials"):
        other.list(NAMESPACE)
    token.write_text("token-of-admin\n")
    assert other.list(NAMESPACE)


def test_a_token_that_is_not_known_is_said(control_plane: ControlPlane, tmp_path: Path) -> None:
    cluster = rewritten(control_plane, tmp_path, user={"token": CANARY})
    with pytest.raises(Denied, match="does not accept the credentials to list namespaces") as told:
        cluster.list(NAMESPACE)
    assert CANARY not in str(told.value)


def test_acting_as_another_user_is_kept_to(control_plane: ControlPlane, tmp_path: Path) -> None:
    user = {"token": "token-of-admin", "as": "user-8"}
    with pytest.raises(Denied, match="not allowed to list namespaces"):
        rewritten(control_plane, tmp_path, user=user).list(NAMESPACE)


def test_an_authority_that_did_not_sign_is_not_trusted(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    (tmp_path / "other.crt").write_bytes(Authority().certificate)
    cluster = rewritten(control_plane, tmp_path, certificate_authority="other.crt")
    with pytest.raises(Unreachable, match="certificate is not to be trusted"):
        cluster.list(NAMESPACE)


def test_a_server_of_another_name_is_not_trusted(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    cluster = rewritten(control_plane, tmp_path, tls_server_name="other.example")
    with pytest.raises(Unreachable, match="certificate is not to be trusted"):
        cluster.list(NAMESPACE)
    assert rewritten(control_plane, tmp_path, tls_server_name="localhost").list(NAMESPACE)


def test_a_proxy_is_gone_through(control_plane: ControlPlane, tmp_path: Path) -> None:
    with tunnelling() as proxy:
        address = proxy.address.replace("http://", "http://me:mine@")
        assert rewritten(control_plane, tmp_path, proxy_url=address).list(NAMESPACE)
    assert proxy.asked == [(control_plane.server.removeprefix("https://"), "Basic bWU6bWluZQ==")]


def test_a_list_longer_than_a_chunk_is_whole(cluster: RealCluster, namespace: str) -> None:
    names = {f"c{number}" for number in range(501)}
    for name in names:
        cluster.create(CONFIGMAP, config(namespace, name))
    assert {one["metadata"]["name"] for one in cluster.list(CONFIGMAP, namespace)} == names


def test_a_namespace_that_is_being_deleted_takes_nothing(
    cluster: RealCluster, namespace: str
) -> None:
    held = config(namespace)
    held["metadata"]["finalizers"] = ["example.org/held"]
    cluster.create(CONFIGMAP, held)
    cluster.delete(NAMESPACE, namespace)
    with pytest.raises(Conflict, match="its namespace is being deleted"):
        cluster.create(SECRET, secret(namespace, a=CANARY))
    cluster.patch(CONFIGMAP, "c", namespace, {"metadata": {"finalizers": None}})
    wait_until(lambda: cluster.find(NAMESPACE, namespace) is None, "the namespace stays")


REFUSED: dict[str, Callable[[str], Object]] = {
    "a key that is none": lambda namespace: secret(namespace, **{f"a {CANARY[:6]}": CANARY}),
    "a name that is none": lambda namespace: secret(namespace, "A b", a=CANARY),
    "data that is not base64": lambda namespace: {
        "metadata": {"name": "s", "namespace": namespace},
        "data": {"a": CANARY + "!"},
    },
    "a value of the wrong type": lambda namespace: {
        "metadata": {"name": "s", "namespace": namespace},
        "stringData": {"a": {CANARY: 1}},
    },
    "a label that is none": lambda namespace: {
        "metadata": {"name": "s", "namespace": namespace, "labels": {"a": f"{CANARY} {CANARY}"}}
    },
    "more than a Secret holds": lambda namespace: secret(namespace, a=CANARY * 60_000),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_server_refuses_is_not_quoted(
    cluster: RealCluster, namespace: str, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ManifestError) as caught:
        cluster.create(SECRET, REFUSED[case](namespace))
    error: Error = caught.value
    said = "".join(traceback.format_exception(error)) + repr(error) + str(error.hint) + caplog.text
    assert CANARY not in said
    assert "does not accept it: " in str(error)


def test_no_repr_shows_a_credential(control_plane: ControlPlane) -> None:
    cluster = control_plane.cluster()
    assert "token-of-admin" not in repr(cluster) + repr(vars(cluster))


def test_an_unknown_context_lists_those_that_there_are(control_plane: ControlPlane) -> None:
    with pytest.raises(NotThere, match="no context prod") as caught:
        control_plane.cluster("prod")
    assert caught.value.hint is not None
    assert "admin, certified, user-1" in caught.value.hint
