"""A rotation runs through under a real Argo CD that renders all the time, and never fails."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.e2e.argocd import ArgoCD
from tests.e2e.control_plane import ADMIN
from tests.world import World

from sopsmith.errors import Conflict, Error, NotThere
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.kube.key_secret import NAME as KEY_SECRET
from sopsmith.kube.key_secret import NAMESPACE, with_keys
from sopsmith.kube.kinds import APPLICATION, SECRET
from sopsmith.repo.key_file import parse_key_file
from sopsmith.secret import Secret

pytestmark = pytest.mark.e2e

NAME = "rotated-platform"
PATH = "bootstrap/argocd/overlays/main/prod"
ROOT = Path(__file__).parents[2]
_REFRESH = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}


class Watch:
    """What happens besides the rotation, until it is over.

    Attributes:
        renders: How often Argo CD had looked at the repository anew.
        failures: What it complained about.
    """

    def __init__(self, argocd: ArgoCD) -> None:
        self.renders = 0
        self.failures: list[str] = []
        self._argocd = argocd
        self._cluster = argocd.plane.cluster()
        self._mounted = b""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Be the kubelet and an impatient user while the block runs."""
        over = Event()
        threads = [
            Thread(target=self._again, args=(over, work)) for work in (self.mount, self.refresh)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def mount(self) -> None:
        """Bring the Secret to where the plugin reads it, in one step as a kubelet does."""
        keys = read_cluster_keys(self._argocd.plane.cluster()).keys.reveal()
        if keys != self._mounted:
            new = self._argocd.keys_file.with_suffix(".new")
            new.write_bytes(keys)
            new.replace(self._argocd.keys_file)
            self._mounted = keys

    def refresh(self) -> None:
        """Let Argo CD render anew, and take down what it complains about."""
        found = self._cluster.find(APPLICATION, NAME, NAMESPACE) or {}
        status = found.get("status") or {}
        for one in status.get("conditions") or []:
            self.failures.append(f"{one['type']}: {one['message']}")
        if (status.get("operationState") or {}).get("phase") in ("Failed", "Error"):
            self.failures.append(status["operationState"].get("message", "a failed sync"))
        if "argocd.argoproj.io/refresh" not in (found["metadata"].get("annotations") or {}):
            self.renders += 1
            self._cluster.patch(APPLICATION, NAME, NAMESPACE, _REFRESH)

    def _again(self, over: Event, work: Callable[[], None]) -> None:
        while not over.is_set():
            try:
                work()
            except Error as error:
                self.failures.append(str(error))
            time.sleep(0.1)


def deploy(argocd: ArgoCD, world: World) -> None:
    """Commit the demo's repository, and let Argo CD deliver it with prod's identity alone."""
    world.run("git", "add", "--all")
    world.run("git", "commit", "--quiet", "--message", "Begin")
    keys = world.keys_file
    entries = parse_key_file(keys.read_bytes(), str(keys))
    (mine,) = (one for one in entries if "prod" in one.environments)
    cluster = argocd.plane.cluster()
    with suppress(NotThere):
        cluster.delete(SECRET, KEY_SECRET, NAMESPACE)
    cluster.create(SECRET, with_keys(None, Secret(mine.line.reveal() + b"\n")))
    Watch(argocd).mount()
    with suppress(Conflict):
        argocd.create_application(NAME, world.work, PATH)
    argocd.wait_synced(NAME)


def clear(argocd: ArgoCD) -> None:
    """Take away the Application, what it deployed, and the key Secret."""
    cluster = argocd.plane.cluster()
    # Without the finalizer nobody has to wait for a controller that backs off by now.
    cluster.patch(APPLICATION, NAME, NAMESPACE, {"metadata": {"finalizers": None}})
    cluster.delete(APPLICATION, NAME, NAMESPACE)
    for one in cluster.list(SECRET, "kube-system"):
        cluster.delete(SECRET, one["metadata"]["name"], "kube-system")
    cluster.delete(SECRET, KEY_SECRET, NAMESPACE)


def test_a_rotation_runs_through_with_no_failed_sync(argocd: ArgoCD, platform: World) -> None:
    deploy(argocd, platform)
    old = read_cluster_keys(argocd.plane.cluster()).recipients
    platform.environ |= {"KUBECONFIG": str(argocd.plane.kubeconfig), "PYTHONPATH": str(ROOT)}
    # The real command, but for the two minutes that a real kubelet may take.
    program = (sys.executable, "-m", "tests.e2e.dying", "0")
    argv = (*program, "key", "rotate", "-e", "prod", "--context", ADMIN, "--without-backup")
    watch = Watch(argocd)
    try:
        with watch.running():
            assert b"commit and push" in platform.run(*argv)
            platform.run("git", "add", "--all")
            platform.run("git", "commit", "--quiet", "--message", "Rotate")
            assert b"prod: done" in platform.run(*argv, "--wait", "60s")
            seen = watch.renders
            while watch.renders < seen + 3:
                time.sleep(0.1)
        assert watch.failures == []
        assert watch.renders > 5
        held = read_cluster_keys(argocd.plane.cluster()).recipients
        assert len(held) == 1
        assert held != old
        found = argocd.plane.cluster().find(SECRET, "greeting", "kube-system")
        assert found is not None
        assert base64.b64decode(found["data"]["value"])
    finally:
        clear(argocd)
