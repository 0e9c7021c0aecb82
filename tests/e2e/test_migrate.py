"""Migrations against a real API server, its garbage collector, and ESO's own CRDs.

The operator itself does not run here: what it does to a Secret (ownerReference, labels,
data-hash) is done by the test as its controller does it. The CRDs are those of the Go module of
external-secrets 0.16, where Go is at hand; the schemas of the test's own stand in for them else.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.control_plane import ControlPlane
from tests.world import World

from sopsmith.kube.external_secrets import kind_of
from sopsmith.kube.kinds import SECRET
from sopsmith.ports import Kind, Object

pytestmark = pytest.mark.e2e
MODULE = "github.com/external-secrets/external-secrets@v0.16.2"
CRDS = ("externalsecrets", "clusterexternalsecrets", "secretstores", "clustersecretstores")
ESO = kind_of("ExternalSecret", "v1")
CLUSTER_ESO = kind_of("ClusterExternalSecret", "v1")
VALUE = "kR7vXq2mWz9pLt4c"
_PATIENCE = 120  # seconds; the garbage collector looks for new kinds every 30 s
MANIFEST = """\
# The shop's login.
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {name}
  namespace: {space}
spec:
  secretStoreRef: {{kind: ClusterSecretStore, name: aws}}
  target:
    name: {name}
  data:
    - secretKey: password
      remoteRef: {{key: /shop/{name}}}
"""


@pytest.fixture(scope="module")
def eso(control_plane: ControlPlane) -> ControlPlane:
    """Return an API server that knows the operator's kinds."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", MODULE], capture_output=True, check=False, timeout=300,
        cwd="/",
    )  # fmt: skip
    if done.returncode:
        pytest.skip("the Go module with the operator's CRDs cannot be had")
    folder = Path(json.loads(done.stdout)["Dir"]) / "config/crds/bases"
    for name in CRDS:
        # Larger than what client-side apply can put into its annotation.
        path = folder / f"external-secrets.io_{name}.yaml"
        text = path.read_text().replace("strategy: Webhook", "strategy: None")
        control_plane.kubectl("apply", "--server-side", "-f", "-", stdin=text.encode())
    for name in CRDS:
        crd = f"crd/{name}.external-secrets.io"
        control_plane.kubectl("wait", "--for=condition=Established", crd, "--timeout=30s")
    return control_plane


@pytest.fixture
def world(tmp_path: Path, eso: ControlPlane) -> World:
    """Return a world with a repository of one environment, whose cluster is the real one."""
    made = World(tmp_path)
    made.environ["KUBECONFIG"] = str(eso.kubeconfig)
    made.run("git", "init", "--quiet")
    made.run("sopsmith", "init", ".", "--environment", "prod")
    return made


def reconcile(plane: ControlPlane, name: str, space: str, kind: Kind = ESO) -> Object:
    """Do to the cluster what the operator does for an ExternalSecret of creationPolicy Owner."""
    owner = plane.cluster().find(ESO, name, space)
    assert owner is not None, kind
    return plane.cluster().create(SECRET, {
        "metadata": {
            "name": name, "namespace": space,
            "ownerReferences": [{
                "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": name,
                "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True,
            }],
            "labels": {"reconcile.external-secrets.io/managed": "true",
                       "reconcile.external-secrets.io/created-by": "0123"},
            "annotations": {"reconcile.external-secrets.io/data-hash": "0123"},
        },
        "stringData": {"password": VALUE},
    })  # fmt: skip


def is_gone(plane: ControlPlane, kind: Kind, name: str, space: str, within: float) -> bool:
    """Tell whether an object goes within some seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if plane.cluster().find(kind, name, space) is None:
            return True
        time.sleep(0.2)
    return False


def table(out: bytes) -> list[str]:
    """Return the first word of each line behind the head."""
    return [line.split()[0] for line in out.decode().splitlines()[1:]]


def test_the_garbage_collector_takes_an_owned_secret_with_its_external_secret(
    eso: ControlPlane,
) -> None:
    space = eso.namespace("eso-owned")
    eso.kubectl("apply", "-f", "-", stdin=MANIFEST.format(name="db", space=space).encode())
    reconcile(eso, "db", space)
    eso.kubectl("-n", space, "delete", "externalsecret", "db")
    assert is_gone(eso, SECRET, "db", space, _PATIENCE)


def test_a_removal_in_the_cluster_keeps_the_secret_through_the_garbage_collector(
    world: World, eso: ControlPlane
) -> None:
    space = eso.namespace("eso-kept")
    for name in ("kept", "witness"):
        eso.kubectl("apply", "-f", "-", stdin=MANIFEST.format(name=name, space=space).encode())
        reconcile(eso, name, space)
    before = eso.cluster().find(SECRET, "kept", space)
    world.run("sopsmith", "migrate", "eso", "--cluster", "--context", "admin")
    verified = world.run("sopsmith", "migrate", "verify", "--context", "admin")
    assert verified.count(b"same") == 2
    (world.work / "bootstrap/argocd/overlays/main/prod/secrets/witness.secret.yaml").unlink()
    done = world.attempt(
        "sopsmith", "migrate", "eso", "--cluster", "--context", "admin", "--remove"
    )
    assert (done.returncode, sorted(table(done.stdout))) == (3, ["left", "remove"])
    # The witness, deleted behind it, shows that the garbage collector has come by.
    eso.kubectl("-n", space, "delete", "externalsecret", "witness")
    assert is_gone(eso, SECRET, "witness", space, _PATIENCE)
    after: Any = eso.cluster().find(SECRET, "kept", space)
    assert eso.cluster().find(ESO, "kept", space) is None
    assert before is not None
    assert (after["data"], after["metadata"]["uid"]) == (before["data"], before["metadata"]["uid"])
    assert "ownerReferences" not in after["metadata"]
    said = world.run("git", "grep", "--no-index", "-c", "ENC", "--", ".")
    assert b"kept.secret.yaml" in said
    assert VALUE not in "".join(p.read_text() for p in world.work.rglob("*.*") if p.is_file())


def test_a_removal_in_git_waits_until_the_operator_has_let_go(
    world: World, eso: ControlPlane
) -> None:
    space = eso.namespace("eso-git")
    source = world.work / "apps"
    source.mkdir()
    (source / "db.yaml").write_text(MANIFEST.format(name="db", space=space))
    (source / "kustomization.yaml").write_text("resources:\n  - db.yaml # login\n  - other.yaml\n")
    (source / "other.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    eso.kubectl("apply", "-f", str(source / "db.yaml"))
    reconcile(eso, "db", space)
    world.run("sopsmith", "migrate", "eso", "apps", "--context", "admin")

    def remove() -> list[str]:
        done = world.attempt("sopsmith", "migrate", "eso", "apps", "--context", "admin", "--remove")
        return table(done.stdout)

    assert remove() == ["release"]
    text = (source / "db.yaml").read_text()
    assert "# The shop's login." in text
    assert "creationPolicy: Orphan" in text
    eso.kubectl("apply", "-f", str(source / "db.yaml"))
    assert remove() == ["wait"]
    # What the operator does at its next look: it takes itself off.
    eso.cluster().patch(SECRET, "db", space, {"metadata": {"ownerReferences": None}})
    assert remove() == ["remove"]
    assert not (source / "db.yaml").exists()
    assert (source / "kustomization.yaml").read_text() == "resources:\n  - other.yaml\n"


def test_a_cluster_external_secret_goes_and_leaves_every_secret(
    world: World, eso: ControlPlane
) -> None:
    spaces = [eso.namespace("eso-one"), eso.namespace("eso-two")]
    made = eso.cluster().create(CLUSTER_ESO, {
        "metadata": {"name": "pull"},
        "spec": {"namespaces": spaces, "externalSecretSpec": {
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"},
            "data": [{"secretKey": "password", "remoteRef": {"key": "/pull"}}],
        }},
    })  # fmt: skip
    for space in spaces:
        owner = {"apiVersion": "external-secrets.io/v1", "kind": "ClusterExternalSecret",
                 "name": "pull", "uid": made["metadata"]["uid"], "controller": True}  # fmt: skip
        eso.cluster().create(ESO, {
            "metadata": {"name": "pull", "namespace": space, "ownerReferences": [owner]},
            "spec": made["spec"]["externalSecretSpec"],
        })  # fmt: skip
        reconcile(eso, "pull", space)
    world.run("sopsmith", "migrate", "eso", "--cluster", "--context", "admin")
    world.attempt("sopsmith", "migrate", "eso", "--cluster", "--context", "admin", "--remove")
    assert all(is_gone(eso, ESO, "pull", space, _PATIENCE) for space in spaces)
    assert not any(is_gone(eso, SECRET, "pull", space, 3) for space in spaces)


def test_the_rights_that_the_page_names_are_enough(world: World, eso: ControlPlane) -> None:
    space, other = eso.namespace("eso-rights"), eso.namespace("eso-rights-not")
    group = "external-secrets.io"
    rules: list[Object] = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
        {"apiGroups": [group], "resources": ["secretstores"], "verbs": ["get"]},
    ]
    cluster_rules: list[Object] = [
        {"apiGroups": [group], "resources": ["clustersecretstores"], "verbs": ["get"]}
    ]
    eso.grant("user-2", rules, space)
    eso.grant("user-2", cluster_rules)
    text = MANIFEST.format(name="db", space=space)
    eso.kubectl("apply", "-f", "-", stdin=text.encode())
    reconcile(eso, "db", space)
    (world.work / "db.yaml").write_text(text)
    world.run("sopsmith", "migrate", "eso", "db.yaml", "--context", "user-2")
    world.run("sopsmith", "migrate", "verify", "--context", "user-2")
    (world.work / "no.yaml").write_text(MANIFEST.format(name="db", space=other))
    done = world.attempt("sopsmith", "migrate", "eso", "no.yaml", "--context", "user-2")
    assert done.returncode == 1
    assert b"not allowed to get secrets in namespace eso-rights-not" in done.stderr
