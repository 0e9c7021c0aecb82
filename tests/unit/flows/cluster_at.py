"""A cluster that has all of a small repository's dev, for what `doctor` finds in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fakes.cluster import FakeCluster
from tests.unit.flows import examined
from tests.unit.flows.keys_at import DEV, HOME, NOW, Place

from sopsmith.flows.doctor import Check, Context
from sopsmith.kube.argocd_config import build_cm, build_network_policies
from sopsmith.kube.argocd_pod import Pod, build_deployment_patch, build_sidecar
from sopsmith.kube.key_secret import DATA_KEY, NAME
from sopsmith.kube.kinds import APPLICATION, CONFIGMAP, DEPLOYMENT, NETWORK_POLICY, SECRET
from sopsmith.ports import Object
from sopsmith.repo.diagnosis import Finding
from sopsmith.secret import Secret

A = f"{HOME}/dev/secrets/a.secret.yaml"
OVERLAY = f"{HOME}/dev"
PROJECTS = {"platform-secrets": NAME}
SYNCED = {"sync": {"status": "Synced"}}


def put(cluster: FakeCluster, kind: Any, name: str, namespace: str = "argocd", **more: Any) -> None:
    """Store an object."""
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    cluster.put(kind, {"metadata": metadata, **more})


def put_keys(cluster: FakeCluster, text: bytes) -> None:
    """Store a key Secret."""
    put(cluster, SECRET, NAME, stringData={DATA_KEY: text.decode()})


def put_application(cluster: FakeCluster, status: Object, **spec: Any) -> None:
    """Store the Application of dev."""
    wanted = {"source": {"repoURL": "https://example.com/p.git", "path": OVERLAY}}
    put(cluster, APPLICATION, "platform", spec={**wanted, **spec}, status=status)


def put_repo_server(cluster: FakeCluster, pod: Pod) -> None:
    """Store the repo-server's Deployment with what a pod adds to it."""
    made = build_deployment_patch(pod, "argocd-repo-server")
    labels = {"app.kubernetes.io/component": "repo-server"}
    put(cluster, DEPLOYMENT, "argocd-repo-server", spec=made["spec"], metadata={"labels": labels})


class Delivered:
    """A repository whose dev has one Secret, and a cluster that has it, by Argo CD."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.cluster = FakeCluster()
        self._list(self.place.lock(A, DEV[1]))
        put_keys(self.cluster, identity(DEV))
        self.put_secret()
        put_application(self.cluster, SYNCED)
        put(self.cluster, CONFIGMAP, "argocd-cm", data=build_cm(""))
        put_repo_server(self.cluster, build_sidecar("example.com/sopsmith", PROJECTS))
        for one in build_network_policies("argocd"):
            self.cluster.put(NETWORK_POLICY, one)
        put(self.cluster, SECRET, "argocd-redis", stringData={"auth": "made-up"})

    def put_secret(self, value: str = "made-up", manager: str = "argocd-controller") -> None:
        """Store the Secret as somebody who changes its data at 13:00."""
        field = {"manager": manager, "time": "2026-11-24T13:00:00Z", "fieldsV1": {"f:data": {}}}
        put(self.cluster, SECRET, "a", "kube-system", stringData={"value": value},
            metadata={"managedFields": [field]})  # fmt: skip

    def context(self, environment: str = "dev") -> Context:
        """Return what doctor looks at."""
        made = examined.open_context(self.place)
        return replace(made, environment=environment, open_cluster=lambda: self.cluster, now=NOW)

    def found(self, checks: tuple[Check, ...], environment: str = "dev") -> list[Finding]:
        """Return what checks find that is not well."""
        return examined.found(self.place, checks, context=self.context(environment))

    def codes(self, checks: tuple[Check, ...]) -> list[str]:
        """Return the codes of it, each once."""
        return list(dict.fromkeys(one.code for one in self.found(checks)))

    def _list(self, path: Path) -> None:
        generator = path.parent / "ksops-generator.yaml"
        text = generator.read_text().replace("files: []", f"files:\n  - ./{path.name}")
        generator.write_text(text)
        kustomization = path.parent / "kustomization.yaml"
        kustomization.write_text(
            kustomization.read_text() + "generators:\n  - ./ksops-generator.yaml\n"
        )


def identity(pair: tuple[Secret, str]) -> bytes:
    """Return the text of an identity, as a line."""
    return pair[0].reveal() + b"\n"
