"""Run a real Argo CD (controller, repo-server and a small Redis) against the control plane.

It runs without its API server and UI. The repo-server runs `kustomize build` on this machine,
with the plugin `ksops` that `sopsmith plugin install` put into a folder on its PATH, and with
the identities of one file.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.control_plane import TOOLS, ControlPlane
from tests.e2e.servers import free_port, listens, server

from sopsmith.cli.main import run
from sopsmith.errors import Conflict, NotThere, Unreachable
from sopsmith.kube.kinds import APPLICATION, APPPROJECT, CONFIGMAP, CRD, SECRET
from sopsmith.ports import Object

NAMESPACE = "argocd"
CRDS = TOOLS.parent / "crds"
BUILD_OPTIONS = "--enable-alpha-plugins --enable-exec"
IN_CLUSTER = "https://kubernetes.default.svc"
NEEDED = ("argocd-application-controller", "argocd-repo-server", "redis", "kustomize")
_PART_OF = {"app.kubernetes.io/part-of": "argocd"}
_CONFIG_MAPS: dict[str, dict[str, str]] = {
    "argocd-cm": {"kustomize.buildOptions": BUILD_OPTIONS},
    "argocd-rbac-cm": {},
    "argocd-cmd-params-cm": {},
    "argocd-gpg-keys-cm": {},
    "argocd-ssh-known-hosts-cm": {},
    "argocd-tls-certs-cm": {},
}
_PATIENCE = 60.0  # seconds
_CASCADE = "resources-finalizer.argocd.argoproj.io"
_REFRESH = "argocd.argoproj.io/refresh"


@dataclass(frozen=True)
class ArgoCD:
    """A running Argo CD.

    Attributes:
        plane: The API server that it runs against and deploys to.
        keys_file: The identities that its plugin opens files with; write them there, at any
            time: each render reads the file again.
        plugins: The folder on the repo-server's PATH in which `ksops` stands.
        folder: Where its logs are: `repo-server.log`, `application-controller.log`.
    """

    plane: ControlPlane
    keys_file: Path
    plugins: Path
    folder: Path

    def create_application(
        self, name: str, repository: Path, path: str, namespace: str = "kube-system", **spec: Any
    ) -> Object:
        """Create an Application of a Git repository on this machine, synced by itself.

        Args:
            spec: Fields of its `spec` that replace those made here.
        """
        wanted = {
            "project": "default",
            "source": {"repoURL": repository.as_uri(), "path": path, "targetRevision": "HEAD"},
            "destination": {"server": IN_CLUSTER, "namespace": namespace},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        }
        metadata = {"name": name, "namespace": NAMESPACE, "finalizers": [_CASCADE]}
        found = {"metadata": metadata, "spec": wanted | spec}
        return self.plane.cluster().create(APPLICATION, found)

    def refresh(self, name: str, kind: str = "hard") -> None:
        """Ask for a `hard` or `normal` refresh, and wait until it has been taken up."""
        cluster = self.plane.cluster()
        cluster.patch(APPLICATION, name, NAMESPACE, {"metadata": {"annotations": {_REFRESH: kind}}})
        self.wait(name, lambda found: _REFRESH not in found["metadata"].get("annotations", {}))

    def wait(self, name: str, holds: Callable[[Object], bool]) -> Object:
        """Return an Application once something holds of it; AssertionError if it never does."""
        until = time.monotonic() + _PATIENCE
        while True:
            found = self.plane.cluster().find(APPLICATION, name, NAMESPACE)
            if found is not None and holds(found):
                return found
            status = (found or {}).get("status", {})
            assert time.monotonic() < until, f"{name} stayed as it was: {_said(status)}"
            time.sleep(0.2)

    def wait_synced(self, name: str, revision: str = "") -> Object:
        """Return an Application once it is Synced, to a commit if one is given."""

        def synced(found: Object) -> bool:
            sync = found.get("status", {}).get("sync", {})
            state = found.get("status", {}).get("operationState", {})
            there = not revision or sync.get("revision") == revision
            return sync.get("status") == "Synced" and state.get("phase") == "Succeeded" and there

        return self.wait(name, synced)

    def wait_failed(self, name: str) -> str:
        """Return the message of an Application's first error, once it has one."""

        def failed(found: Object) -> bool:
            return any(one["type"].endswith("Error") for one in _conditions(found))

        return next(
            str(one["message"])
            for one in _conditions(self.wait(name, failed))
            if one["type"].endswith("Error")
        )

    def delete_application(self, name: str) -> None:
        """Delete an Application and what it deployed, and wait until it is gone."""
        cluster = self.plane.cluster()
        cluster.delete(APPLICATION, name, NAMESPACE)
        until = time.monotonic() + _PATIENCE
        while cluster.find(APPLICATION, name, NAMESPACE) is not None:
            assert time.monotonic() < until, f"{name} is not deleted"
            time.sleep(0.2)


def _conditions(found: Object) -> list[Object]:
    conditions: list[Object] = found.get("status", {}).get("conditions", [])
    return conditions


def _said(status: Object) -> str:
    parts = [status.get("sync", {}).get("status", "no status")]
    parts += [one.get("message", "") for one in status.get("conditions", [])]
    parts.append(status.get("operationState", {}).get("message", ""))
    return "; ".join(part for part in parts if part)


@pytest.fixture(scope="session")
def argocd(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ArgoCD]:
    """Return a running Argo CD, one for all tests; each has Applications of its own names."""
    missing = [one for one in NEEDED if not os.access(TOOLS / one, os.X_OK)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; make e2e builds them")
    with running(control_plane, tmp_path_factory.mktemp("argocd")) as found:
        yield found


@contextmanager
def running(plane: ControlPlane, folder: Path) -> Iterator[ArgoCD]:
    """Install Argo CD's kinds and settings, and run it while the block runs."""
    install(plane)
    found = ArgoCD(plane, folder / "keys.txt", folder / "plugins", folder)
    found.keys_file.touch(0o600)
    assert run(["plugin", "install", str(found.plugins)]) == 0
    with ExitStack() as stack:
        start(stack, found)
        yield found


def start(stack: ExitStack, found: ArgoCD, **variables: str) -> None:
    """Run Redis, repo-server and controller until a stack is closed; they answer on return.

    Args:
        variables: What stands in their environment on top of what always does.
    """
    redis, repo_server, metrics = (free_port() for _ in range(3))
    programs = (
        (["redis", f"127.0.0.1:{redis}"], lambda: listens(redis)),
        (_repo_server(repo_server, redis), lambda: listens(repo_server)),
        (_controller(found.plane, metrics, redis, repo_server), lambda: _is_healthy(metrics)),
    )
    for (name, *options), ready in programs:
        log = found.folder / f"{name.removeprefix('argocd-')}.log"
        argv = [str(TOOLS / name), *options]
        stack.enter_context(server(argv, log, ready, _environ(found) | variables))


def install(plane: ControlPlane) -> None:
    """Put what the official manifests bring, but for the programs, into the cluster."""
    cluster = plane.cluster()
    for path in sorted(CRDS.glob("*.yaml")):
        cluster.apply(CRD, yaml.load(path.read_text(), yaml.CSafeLoader))
    plane.namespace(NAMESPACE)
    for name, data in _CONFIG_MAPS.items():
        metadata = {"name": name, "namespace": NAMESPACE, "labels": _PART_OF}
        with contextlib.suppress(Conflict):
            cluster.create(CONFIGMAP, {"metadata": metadata, "data": data})
    metadata = {"name": "argocd-secret", "namespace": NAMESPACE, "labels": _PART_OF}
    secret = {"metadata": metadata, "stringData": {"server.secretkey": "of-no-use-to-anybody"}}
    with contextlib.suppress(Conflict):
        cluster.create(SECRET, secret)
    _wait_for_kinds(plane)
    everywhere = {"server": "*", "namespace": "*"}
    rule = {"group": "*", "kind": "*"}
    spec = {
        "sourceRepos": ["*"],
        "destinations": [everywhere],
        "clusterResourceWhitelist": [rule],
    }
    metadata = {"name": "default", "namespace": NAMESPACE}
    cluster.apply(APPPROJECT, {"metadata": metadata, "spec": spec})


def _wait_for_kinds(plane: ControlPlane) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            for kind in (APPLICATION, APPPROJECT):
                plane.cluster().list(kind)
        except (NotThere, Unreachable):
            assert time.monotonic() < until, "the kinds of Argo CD are not served"
            time.sleep(0.1)
        else:
            return


def _environ(found: ArgoCD) -> dict[str, str]:
    path = [found.plugins, TOOLS, Path(sys.executable).parent, os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(map(str, path)),
        "HOME": str(found.folder),
        "TMPDIR": str(found.folder),
        "KUBECONFIG": str(found.plane.kubeconfig),
        "SOPS_AGE_KEY_FILE": str(found.keys_file),
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }


def _repo_server(port: int, redis: int) -> list[str]:
    return [
        "argocd-repo-server",
        f"--redis=127.0.0.1:{redis}",
        "--disable-tls",
        "--address=127.0.0.1",
        f"--port={port}",
        "--metrics-address=127.0.0.1",
        f"--metrics-port={free_port()}",
    ]


def _controller(plane: ControlPlane, metrics: int, redis: int, repo_server: int) -> list[str]:
    return [
        "argocd-application-controller",
        f"--kubeconfig={plane.kubeconfig}",
        f"--namespace={NAMESPACE}",
        f"--redis=127.0.0.1:{redis}",
        f"--repo-server=127.0.0.1:{repo_server}",
        "--repo-server-plaintext",
        f"--metrics-port={metrics}",
    ]


def _is_healthy(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
