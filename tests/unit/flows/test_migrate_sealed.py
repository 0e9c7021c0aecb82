"""SealedSecrets are taken away only when their live Secrets stay, over fakes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.flows.stage import ROOT, Stage
from tests.unit.flows.test_migrate_eso import Trees, migrate

from sopsmith.errors import Conflict, Denied, NotThere
from sopsmith.flows.migrate import Found
from sopsmith.flows.migrate_sealed import (
    apply_sealed_removal,
    plan_sealed_removal,
    put_into,
    read_live,
    read_sealed,
)
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.sealed_secrets import KIND, NO_OWNER
from sopsmith.kube.secret import SecretManifest
from sopsmith.secret import Secret

SEALED = """\
# The shop's login.
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: db
  namespace: shop
spec:
  encryptedData:
    password: AgBy3i4OJSWK
  template:
    metadata:
      creationTimestamp: null
      name: db
"""
OWNER = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": "1",
         "controller": True}  # fmt: skip
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "2"}


def staged(text: str = SEALED, name: str = "db") -> tuple[Stage, FakeCluster]:
    """Return a repository to which `SEALED` has followed, its manifest in /src, and the cluster."""
    stage, cluster = Stage(), FakeCluster(("default", "shop"))
    stage.files.held["/src/all.yaml"] = text.encode()
    stage.files.held["/src/kustomization.yaml"] = b"resources:\n  - all.yaml # login\n  - b.yaml\n"
    secret = SecretManifest("db", "shop", "Opaque", {"password": Secret(b"live")}, {}, {})
    migrate(stage, [Found("SealedSecret db", "/src/all.yaml", secret)])
    metadata = {
        "name": "db", "namespace": "shop", "ownerReferences": [OWNER, OTHER],
        "labels": {"app": "shop"}, "annotations": {"sealedsecrets.bitnami.com/managed": "true"},
    }  # fmt: skip
    cluster.put(SECRET, {"metadata": metadata, "data": {"password": "bGl2ZQ=="}})
    cluster.put(KIND, {
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": name, "namespace": "shop"}, "spec": {"encryptedData": {}},
    })  # fmt: skip
    return stage, cluster


def removal(stage: Stage, cluster: FakeCluster, namespace: str = "") -> list[str]:
    """Plan and apply a removal of what stands in /src; return the actions."""
    read, left = read_sealed(["/src"], Trees(stage))
    assert left == []
    read = put_into(read, namespace)
    made = plan_sealed_removal(ROOT, "prod", read, cluster, stage.doors)
    apply_sealed_removal(made, cluster, stage.doors)
    return [row.action for row in made.rows]


def test_in_git_it_first_lets_go_then_waits_then_goes() -> None:
    stage, cluster = staged()
    assert removal(stage, cluster) == ["release"]
    mark = f'      annotations:\n        {NO_OWNER}: "true"\n'
    released = stage.files.held["/src/all.yaml"].decode()
    assert released == SEALED + mark
    assert removal(stage, cluster) == ["wait"]
    assert stage.files.held["/src/all.yaml"].decode() == released
    cluster.patch(SECRET, "db", "shop", {"metadata": {"ownerReferences": [OTHER]}})
    assert removal(stage, cluster) == ["remove"]
    assert "/src/all.yaml" not in stage.files.held
    assert stage.files.held["/src/kustomization.yaml"] == b"resources:\n  - b.yaml\n"
    assert cluster.find(SECRET, "db", "shop") is not None
    assert (KIND, "shop", "db") in cluster.objects


def test_a_manifest_without_a_template_gets_one() -> None:
    stage, cluster = staged(SEALED[: SEALED.index("  template:")])
    assert removal(stage, cluster) == ["release"]
    assert removal(stage, cluster) == ["wait"]


def test_the_other_documents_of_its_file_stay() -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c} # ours\n"
    marked = SEALED.replace("creationTimestamp: null", f'annotations: {{{NO_OWNER}: "true"}}')
    stage, cluster = staged(f"{marked}---\n{other}")
    cluster.patch(SECRET, "db", "shop", {"metadata": {"ownerReferences": None}})
    assert removal(stage, cluster) == ["remove"]
    assert stage.files.held["/src/all.yaml"].decode() == f"---\n{other}"


@pytest.mark.parametrize(
    ("text", "namespace", "kept"),
    [
        (SEALED.replace("name: db\n  namespace", "name: other\n  namespace"), "", True),
        (SEALED.replace("  namespace: shop\n", ""), "blog", True),
        (
            f"kind: List\nitems:\n- {SEALED[20:].replace(chr(10), chr(10) + '  ').rstrip()}\n",
            "",
            True,
        ),
        (SEALED, "", False),
    ],
    ids=["not-here", "elsewhere", "list", "not-live"],
)
def test_what_would_lose_a_secret_is_left(text: str, namespace: str, *, kept: bool) -> None:
    stage, cluster = staged(text)
    if not kept:
        cluster.delete(SECRET, "db", "shop")
    before = dict(stage.files.held)
    assert removal(stage, cluster, namespace) == ["left"]
    assert stage.files.held == before


def test_a_manifest_without_a_namespace_is_where_it_is_deployed() -> None:
    stage, cluster = staged(SEALED.replace("  namespace: shop\n", ""))
    assert removal(stage, cluster, "shop") == ["release"]


def test_in_the_cluster_the_secret_has_no_owner_before_its_owner_goes() -> None:
    stage, cluster = staged()
    made = plan_sealed_removal(ROOT, "prod", read_live(cluster), cluster, stage.doors)
    apply_sealed_removal(made, cluster, stage.doors)
    live = cluster.objects[(SECRET, "shop", "db")]
    assert (KIND, "shop", "db") not in cluster.objects
    assert live["metadata"]["ownerReferences"] == [OTHER]
    assert live["metadata"]["labels"] == {"app": "shop"}
    assert not live["metadata"].get("annotations")
    verbs = [(one.verb, one.resource) for one in cluster.calls]
    changes = [one for one in verbs if one[0] in {"patch", "delete"}]
    sealed = "sealedsecrets.bitnami.com"
    assert changes == [("patch", sealed), ("patch", "secrets"), ("delete", sealed)]


def test_a_controller_that_takes_the_secret_back_keeps_its_sealed_secret() -> None:
    stage, cluster = staged()

    class Stubborn(FakeCluster):
        def patch(self, kind: Any, name: str, namespace: str, change: Any) -> Any:
            if kind == SECRET:
                return cluster.find(kind, name, namespace)
            return cluster.patch(kind, name, namespace, change)

        def find(self, kind: Any, name: str, namespace: str = "") -> Any:
            return cluster.find(kind, name, namespace)

    made = plan_sealed_removal(ROOT, "prod", read_live(cluster), cluster, stage.doors)
    with pytest.raises(Conflict):
        apply_sealed_removal(made, Stubborn(), stage.doors)
    assert (KIND, "shop", "db") in cluster.objects


def test_what_argo_cd_delivers_is_left() -> None:
    stage, cluster = staged()
    mark = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    cluster.patch(KIND, "db", "shop", mark)
    made = plan_sealed_removal(ROOT, "prod", read_live(cluster), cluster, stage.doors)
    assert [row.action for row in made.rows] == ["left"]


def test_without_a_look_at_the_cluster_nothing_goes() -> None:
    stage, cluster = staged()
    cluster.deny("get", SECRET)
    before = dict(stage.files.held)
    with pytest.raises(Denied):
        removal(stage, cluster)
    assert stage.files.held == before
    with pytest.raises(NotThere, match="controller"):
        read_live(FakeCluster(without=[KIND]))
