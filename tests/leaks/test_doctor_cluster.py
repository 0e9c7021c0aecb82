"""What `doctor` and `refresh` say of a cluster full of secrets holds none of them."""

from __future__ import annotations

import pytest
from tests.fakes.cluster import FakeCluster
from tests.leaks.watch import CANARY, IDENTITY, Watch

from sopsmith import age
from sopsmith.adapters import cluster as door
from sopsmith.flows import doctor_argocd, doctor_cluster, doctor_delivery, doctor_sync
from sopsmith.kube.kinds import APPLICATION, CONFIGMAP, DEPLOYMENT, POD, SECRET
from sopsmith.ports import Kind

OVERLAY = "bootstrap/argocd/overlays/main/dev"
FILE = f"{OVERLAY}/secrets/a.secret.yaml"
PLAIN = "kind: Secret\napiVersion: v1\nmetadata:\n    name: a\nstringData:\n    value: {}\n"
BUILT = f"recursed accumulation of path '<path to cached source>/{OVERLAY}/secrets': "
MESSAGES = (
    CANARY,
    f"error: {CANARY}.secret.yaml: no identity at hand\n{BUILT}",
    f"error: ./a.secret.yaml: the MAC does not match {CANARY}\n{BUILT}",
    f"error unmarshalling \"{CANARY}\" of file '{CANARY}.yaml': yaml: line 1: {CANARY}",
    f"Manifest generation error (cached): kustomize: invalid value {CANARY}",
    f'namespaces "{CANARY}" not found',
    f"Secret cannot be handled as a Secret: json: cannot unmarshal number {CANARY} into string",
    f"Secret a is invalid: data[value]: Invalid value: {CANARY}",
)
MODULES = (doctor_argocd, doctor_cluster, doctor_delivery, doctor_sync)
CODES = [code for module in MODULES for check in module.CHECKS for code in check.codes]
DOCTOR = ["doctor", "--jobs", "1", "-e", "dev", "--context", "x"]
DOCTOR += [word for code in CODES for word in ("--only", code)]


@pytest.fixture
def cluster(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """Return the cluster of a repository, both of them with the canary in every Secret."""
    recipient = age.parse_identities(IDENTITY, "canary")[0].recipient
    watch.call("init", "-e", "dev", "--recipient", f"dev={recipient}")
    for name, value in (("a", f"{CANARY}-git"), ("b", CANARY)):
        text = PLAIN.format(value).replace("name: a", f"name: {name}").encode()
        path = FILE.replace("a.secret", f"{name}.secret")
        watch.write(path, watch.call("encrypt", "--filename-override", path, stdin=text).stdout)
    folder = watch.world.work / OVERLAY / "secrets"
    generator = folder / "ksops-generator.yaml"
    listed = "files:\n  - a.secret.yaml\n  - b.secret.yaml"
    generator.write_text(generator.read_text().replace("files: []", listed))
    with (folder / "kustomization.yaml").open("a") as file:
        file.write("generators: [ksops-generator.yaml]\n")
    watch.world.environ["SOPS_AGE_KEY"] = IDENTITY
    made = FakeCluster()
    monkeypatch.setattr(door, "open_cluster", lambda *_: made)
    _fill(made)
    return made


def _fill(cluster: FakeCluster) -> None:
    _put(cluster, SECRET, "a", "kube-system", stringData={"value": CANARY})
    _put(cluster, SECRET, "argocd-redis", stringData={"auth": CANARY})
    _put(cluster, CONFIGMAP, "argocd-cm", data={"kustomize.buildOptions": CANARY, "oidc": CANARY})
    variable = {"name": "TOKEN", "value": CANARY}
    container = {"name": "app", "env": [variable], "envFrom": [{"secretRef": {"name": "a"}}]}
    pod = {"containers": [container]}
    _put(cluster, POD, "app", "kube-system", spec=pod, status={"startTime": "2026-01-01T00:00:00Z"})
    _put(cluster, DEPLOYMENT, "argocd-repo-server", spec={"template": {"spec": pod}})
    labels = {"app.kubernetes.io/component": "repo-server"}
    stored = cluster.objects[(DEPLOYMENT, "argocd", "argocd-repo-server")]
    stored["metadata"]["labels"] = labels
    for number, message in enumerate(MESSAGES):
        conditions = [{"type": "ComparisonError", "message": message}]
        operation = {"phase": "Failed", "message": message}
        status = {"conditions": conditions, "operationState": operation}
        _put(cluster, APPLICATION, f"app-{number}", spec={"source": {"path": OVERLAY}},
             status={**status, "sync": {"status": "OutOfSync"}})  # fmt: skip


def _put(
    cluster: FakeCluster, kind: Kind, name: str, namespace: str = "argocd", **more: object
) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    metadata = {"name": name, "namespace": namespace, "annotations": applied}
    cluster.put(kind, {"metadata": metadata, **more})


@pytest.mark.parametrize(
    "keys",
    [
        f"{IDENTITY}\r\n",
        f"{IDENTITY}\n{CANARY}\n",
        f"{IDENTITY[:-1]}\n",
        f"{age.generate()[0].reveal().decode()}\n",
    ],
    ids=["crlf", "another line", "cut", "another"],
)
def test_doctor_over_a_cluster_full_of_secrets(
    watch: Watch, cluster: FakeCluster, keys: str
) -> None:
    _put(cluster, SECRET, "sops-age", stringData={"keys.txt": keys})
    for words in (("-o", "json"), ("--fix",)):
        watch.fails(*DOCTOR, *words)


def test_refresh(watch: Watch, cluster: FakeCluster) -> None:
    words = ("--wait", "0", "-e", "dev", "--context", "x")
    watch.fails("refresh", *words)
    watch.fails("refresh", "app-0", "app-3", *words, "-o", "json")


def test_the_faults_are_really_found(watch: Watch, cluster: FakeCluster) -> None:
    done = watch.call(*DOCTOR, "-o", "json")
    for code in (
        "secret-missing", "secret-drift", "pod-outdated", "sync-cached", "sync-mac-mismatch",
        "sync-error", "sync-namespace", "sync-refused", "plugin-missing", "key-secret-missing",
    ):  # fmt: skip
        assert f'"{code}"'.encode() in done.stdout, code
