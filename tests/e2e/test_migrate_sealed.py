"""SealedSecrets of the real kubeseal open as the controller opens them, and go without a loss.

The controller does not run here: what it does to a Secret is done by the test as its source has
it (pkg/controller/controller.go, unseal). The API server, its garbage collector and the CRD are
the real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from tests.e2e.control_plane import ControlPlane
from tests.e2e.test_migrate import is_gone, table
from tests.world import World

from sopsmith.kube.kinds import SECRET
from sopsmith.kube.sealed_secrets import KIND, NO_OWNER

pytestmark = pytest.mark.e2e
MODULE = "github.com/bitnami-labs/sealed-secrets@v0.27.3"
PROGRAM = "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal@v0.27.3"
_PATIENCE = 120  # seconds; the garbage collector looks for new kinds every 30 s
SCOPES = ("strict", "namespace-wide", "cluster-wide")
VALUE = "kR7vXq2mWz9pLt4c"


@pytest.fixture(scope="module")
def kubeseal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the real kubeseal, built from its Go module."""
    folder = tmp_path_factory.mktemp("kubeseal")
    environ = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        ["go", "install", PROGRAM], env=environ, cwd=folder, check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("kubeseal cannot be built")
    return folder / "kubeseal"


def write_pair(folder: Path) -> None:
    """Write a controller's private key and certificate."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secrets")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "tls.key").write_bytes(pem)


@pytest.mark.parametrize("scope", SCOPES)
def test_what_kubeseal_sealed_goes_into_git(kubeseal: Path, tmp_path: Path, scope: str) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    world.run("sopsmith", "init", ".", "--environment", "prod")
    write_pair(tmp_path)
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/basic-auth",
        "metadata": {"name": "login", "namespace": "shop", "labels": {"app": "shop"}},
        "stringData": {"username": "anna", "password": VALUE},
    }  # fmt: skip
    argv = [str(kubeseal), "--cert", str(tmp_path / "tls.crt"), "--scope", scope, "-o", "yaml"]
    sealed = subprocess.run(
        argv, input=json.dumps(secret).encode(), capture_output=True, check=True
    )
    (world.work / "sealed.yaml").write_bytes(sealed.stdout)
    key = (tmp_path / "tls.key").read_bytes()
    argv = ["sopsmith", "migrate", "sealed-secrets", "sealed.yaml", "--key", "-"]
    world.run(*argv, stdin=key)
    path = "bootstrap/argocd/overlays/main/prod/secrets/login.secret.yaml"
    assert VALUE not in (world.work / path).read_text()
    opened = world.run("sops", "decrypt", "--output-type", "json", path)
    assert json.loads(opened) == secret


class Site:
    """A repository to which SealedSecrets of a cluster have followed, and the cluster."""

    def __init__(self, folder: Path, plane: ControlPlane, kubeseal: Path, space: str) -> None:
        self.world, self.plane = World(folder), plane
        self.space = plane.namespace(space)
        self.world.environ["KUBECONFIG"] = str(plane.kubeconfig)
        self.world.run("git", "init", "--quiet")
        self.world.run("sopsmith", "init", ".", "--environment", "prod")
        write_pair(folder)
        apps = self.world.work / "apps"
        apps.mkdir()
        for name in ("kept", "witness"):
            secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"password": VALUE},
                      "metadata": {"name": name, "namespace": self.space}}  # fmt: skip
            argv = [str(kubeseal), "--cert", str(folder / "tls.crt"), "-o", "yaml"]
            text = json.dumps(secret).encode()
            made = subprocess.run(argv, input=text, capture_output=True, check=True)
            (apps / f"{name}.yaml").write_bytes(made.stdout)
            plane.kubectl("apply", "-f", str(apps / f"{name}.yaml"))
            self.reconcile(name)
        (apps / "kustomization.yaml").write_text("resources:\n  - kept.yaml # login\n")
        key = (folder / "tls.key").read_bytes()
        self.world.run("sopsmith", "migrate", "sealed-secrets", "apps", "--key", "-", stdin=key)

    def reconcile(self, name: str) -> None:
        """Do what the controller does for a SealedSecret that stands."""
        sealed = self.plane.cluster().find(KIND, name, self.space)
        assert sealed is not None
        owner = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": name,
                 "uid": sealed["metadata"]["uid"], "controller": True}  # fmt: skip
        marks = (sealed["spec"].get("template") or {}).get("metadata") or {}
        skips = (marks.get("annotations") or {}).get(NO_OWNER) == "true"
        change = {"metadata": {"ownerReferences": None if skips else [owner]}}
        if self.plane.cluster().find(SECRET, name, self.space) is None:
            metadata = {"name": name, "namespace": self.space, "ownerReferences": [owner]}
            made = {"metadata": metadata, "stringData": {"password": VALUE}}
            self.plane.cluster().create(SECRET, made)
        else:
            self.plane.cluster().patch(SECRET, name, self.space, change)

    def remove(self, *what: str) -> list[str]:
        """Take away what can go, and return what was done to each."""
        words = ("sopsmith", "migrate", "sealed-secrets", *what, "--context", "admin", "--remove")
        done = self.world.attempt(*words)
        assert done.returncode in {0, 3}, done.stderr
        return sorted(table(done.stdout))

    def check(self, uid: str) -> None:
        """Assert that the garbage collector came by, and that the Secret stands as it was."""
        self.plane.kubectl("-n", self.space, "delete", "sealedsecret", "witness")
        assert is_gone(self.plane, SECRET, "witness", self.space, _PATIENCE)
        live = self.plane.cluster().find(SECRET, "kept", self.space)
        assert live is not None
        assert (live["metadata"]["uid"], live["metadata"].get("ownerReferences")) == (uid, None)
        assert self.plane.cluster().find(KIND, "kept", self.space) is None

    def uid(self) -> str:
        """Return the identity of the live Secret that is to stay."""
        live = self.plane.cluster().find(SECRET, "kept", self.space)
        assert live is not None
        return str(live["metadata"]["uid"])


@pytest.fixture(scope="module")
def plane(control_plane: ControlPlane) -> ControlPlane:
    """Return an API server that knows SealedSecrets."""
    argv = ["go", "mod", "download", "-json", MODULE]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=300, cwd="/")
    if done.returncode:
        pytest.skip("the Go module with the controller's CRD cannot be had")
    crds = Path(json.loads(done.stdout)["Dir"]) / "helm/sealed-secrets/crds"
    control_plane.kubectl("apply", "--server-side", "-f", str(crds))
    crd = "crd/sealedsecrets.bitnami.com"
    control_plane.kubectl("wait", "--for=condition=Established", crd, "--timeout=30s")
    return control_plane


def test_a_removal_in_git_waits_until_the_controller_has_let_go(
    tmp_path: Path, plane: ControlPlane, kubeseal: Path
) -> None:
    site = Site(tmp_path, plane, kubeseal, "sealed-git")
    uid, manifest = site.uid(), site.world.work / "apps/kept.yaml"
    assert site.remove("apps/kept.yaml") == ["release"]
    assert site.remove("apps/kept.yaml") == ["wait"]
    plane.kubectl("apply", "-f", str(manifest))
    site.reconcile("kept")
    assert site.remove("apps/kept.yaml") == ["remove"]
    assert not manifest.exists()
    assert (site.world.work / "apps/kustomization.yaml").read_text() == "resources: []\n"
    plane.kubectl("-n", site.space, "delete", "sealedsecret", "kept")
    site.check(uid)


def test_a_removal_in_the_cluster_keeps_the_secret_through_the_garbage_collector(
    tmp_path: Path, plane: ControlPlane, kubeseal: Path
) -> None:
    site = Site(tmp_path, plane, kubeseal, "sealed-live")
    secrets = site.world.work / "bootstrap/argocd/overlays/main/prod/secrets"
    (secrets / "witness.secret.yaml").unlink()
    uid = site.uid()
    done = site.remove("--cluster")
    assert [one for one in done if one == "remove"] == ["remove"]
    site.check(uid)
