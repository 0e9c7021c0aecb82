"""Bootstrap a platform on a real disk, with a cluster in memory and doors that die."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.fakes.archive import FakeArchive
from tests.fakes.cluster import FakeCluster
from tests.rotating import DyingFiles, Killed, Life

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.rooted import RootedFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.flows.applications import plan_applications
from sopsmith.flows.argocd_install import apply_install, plan_install
from sopsmith.flows.bootstrap import build_steps
from sopsmith.flows.bootstrap_doors import Doors, Request
from sopsmith.flows.key_generate import Means
from sopsmith.flows.key_list import Doors as Look
from sopsmith.flows.steps import BLOCKED, DONE, Result, apply_steps, check_steps, choose_steps
from sopsmith.formats.env_file import Variable
from sopsmith.kube.kinds import APPLICATION, CONFIGMAP, DEPLOYMENT, SECRET
from sopsmith.ports import Kind, Object
from sopsmith.repo.key_file import Entry, NewIdentity, append_identity, parse_key_file
from sopsmith.repo.layout import plan_layout
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.recovery_pins import Sending
from sopsmith.repo.settings import RepoSettings, parse_settings
from sopsmith.sops.config import Config
from sopsmith.sops.document import encrypt
from sopsmith.sops.keyring import Keyring

FILES = (("core", "dns"), ("prod", "db"), ("dev", "db"))
IDENTITIES = {name: age.generate() for name in ("dev", "prod", "alice", "recovery")}
ORDER = [
    "namespace", "github-app", "bucket", "identity", "inject", "backup", "argocd",
    "applications", "wait",
]  # fmt: skip
IMAGE = "registry.example.com/sopsmith@sha256:" + "0" * 64
_START = datetime(2026, 11, 24, 14, tzinfo=UTC)


def workload(name: str = "argocd-repo-server", container: str = "argocd-repo-server") -> Object:
    """Return a Deployment as the official manifests have it, in short."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": name}},
                "spec": {
                    "containers": [
                        {
                            "name": container,
                            "image": "quay.example.com/argocd:v3.2.6",
                            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                        }
                    ],
                    "volumes": [
                        {"name": one, "emptyDir": {}} for one in ("tmp", "var-files", "plugins")
                    ],
                },
            },
        },
    }


def config_map(name: str, **data: str) -> Object:
    """Return one of Argo CD's ConfigMaps."""
    return {"metadata": {"name": name, "namespace": "argocd"}, "data": data}


def argocd_text(mode: str = "sidecar", repository: str = "") -> str:
    """Return what a sopsmith.yaml says about Argo CD."""
    address = repository or "https://git.example.com/org/platform.git"
    image = f"  image: {IMAGE}\n" if mode == "sidecar" else ""
    return (
        f"\nargocd:\n  mode: {mode}\n{image}"
        "  base: https://git.example.com/argo-cd/v3.2.6/manifests/install.yaml\n"
        f"  repository: {address}\n"
    )


class DyingCluster(FakeCluster):
    """A cluster whose caller dies behind a write."""

    def __init__(self, life: Life) -> None:
        super().__init__(("default", "kube-system"))
        self._life = life

    def create(self, kind: Kind, found: Object) -> Object:
        """Create an object."""
        done = super().create(kind, found)
        self._life.wrote(f"create {kind.plural}")
        return done

    def replace(self, kind: Kind, found: Object) -> Object:
        """Replace an object."""
        done = super().replace(kind, found)
        self._life.wrote(f"replace {kind.plural}")
        return done

    def apply(self, kind: Kind, found: Object) -> Object:
        """Apply an object."""
        done = super().apply(kind, found)
        self._life.wrote(f"apply {kind.plural}")
        return done


class DyingArchive(FakeArchive):
    """A store whose caller dies behind a write."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def create(self, name: str, data: bytes) -> None:
        """Store an object."""
        super().create(name, data)
        self._life.wrote(f"create {name}")

    def replace(self, name: str, data: bytes) -> None:
        """Store an object."""
        super().replace(name, data)
        self._life.wrote(f"replace {name}")


class Shelf:
    """`ports.Place` in memory."""

    address = "s3://backups"

    def __init__(self, life: Life) -> None:
        self._life = life
        self.there = False

    def exists(self) -> bool:
        """Tell whether it is there."""
        return self.there

    def make(self) -> None:
        """Make it."""
        self.there = True
        self._life.wrote("make the place")

    def open_to(self) -> list[str]:
        """Return nobody."""
        return []

    def close(self) -> None:
        """Do nothing: it is closed."""


class Platform:
    """A repository with an Argo CD to install, an empty cluster, and one machine's keys.txt.

    Args:
        fresh: No environment has a recipient, and nothing is encrypted yet.

    Attributes:
        said: What a person was told during the wait.
        variables: Those of the `.env`.
        argocd_works: Argo CD delivers the Secrets while somebody waits for them.
    """

    def __init__(self, folder: Path, *, fresh: bool = False, install: str = "kustomize") -> None:
        self.root = folder / "platform"
        self.keys = folder / "home/keys.txt"
        self.life = Life()
        self.files = DyingFiles(self.life)
        self.cluster = DyingCluster(self.life)
        self.archive = DyingArchive(self.life)
        self.place = Shelf(self.life)
        self.said: list[str] = []
        self.asked: list[Sending] = []
        self.argocd_works = True
        self.variables: list[Variable] = []
        self._seconds = 0.0
        self._make(fresh=fresh, install=install)

    def run(self, *only: str, **words: object) -> list[Result]:
        """Bootstrap prod, or only some steps of it."""
        return list(apply_steps(self.steps(*only, **words), lambda _step: None))

    def look(self, *only: str, **words: object) -> dict[str, Result]:
        """Return how the steps stand."""
        found = check_steps(self.steps(*only, **words))
        return {result.step.name: result for result in found}

    def steps(self, *only: str, **words: object) -> list:  # type: ignore[type-arg]
        """Return the steps."""
        asked = {"environment": "prod", "patch_argocd": True, "wait": 60.0, **words}
        request = Request(str(self.root), keys_paths=(str(self.keys),), **asked)  # type: ignore[arg-type]
        return choose_steps(build_steps(request, self.doors), only)

    @property
    def doors(self) -> Doors:
        """Return the doors."""
        inside = RootedFiles(str(self.root))
        return Doors(
            cluster=self.cluster, files=self.files, trees=LocalTrees(), inside=inside,
            folder_of=inside.folder_of, held=self.held, generating=self._generating,
            archive=lambda: self.archive, place=lambda: self.place,
            variables=lambda: self.variables, now=self._now,
            pause=self._pause, say=self.said.append, tool="sopsmith test",
            consent=self.asked.append,
        )  # fmt: skip

    def held(self) -> list[Entry]:
        """Return the identities of keys.txt."""
        return parse_key_file(self.keys.read_bytes(), str(self.keys)) if self.keys.exists() else []

    def hold(self, name: str, *environments: str) -> None:
        """Put an identity into keys.txt, labelled for some environments."""
        identity, recipient = IDENTITIES[name]
        data = self.keys.read_bytes() if self.keys.exists() else b""
        new = NewIdentity(environments, identity, recipient)
        self.keys.parent.mkdir(exist_ok=True)
        self.keys.write_bytes(append_identity(data, str(self.keys), new, "platform", _START))

    def settings(self) -> RepoSettings:
        """Return what sopsmith.yaml says."""
        return parse_settings((self.root / "sopsmith.yaml").read_bytes(), "sopsmith.yaml")

    def edit(self, old: str, new: str) -> None:
        """Change the text of sopsmith.yaml, and what is made from it."""
        path = self.root / "sopsmith.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        self._write_manifests()

    def install_argocd(self, *found: tuple[Kind, Object]) -> None:
        """Have somebody install Argo CD, as the official manifests do."""
        self.cluster.put(DEPLOYMENT, workload())
        self.cluster.put(CONFIGMAP, config_map("argocd-cm", kept="yes"))
        self.cluster.put(CONFIGMAP, config_map("argocd-cmd-params-cm"))
        for kind, one in found:
            self.cluster.put(kind, one)

    def everything(self) -> dict[str, object]:
        """Return all that stands outside of this process."""
        files = {str(path): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        keys = self.keys.read_bytes() if self.keys.exists() else b""
        return {
            **files, "keys": keys, "store": dict(self.archive.held), "place": self.place.there,
            "cluster": {key: dict(value) for key, value in self.cluster.objects.items()},
        }  # fmt: skip

    def _make(self, *, fresh: bool, install: str) -> None:
        named: dict[str, tuple[str, ...]] = {
            name: () if fresh else (IDENTITIES[name][1],) for name in ("dev", "prod")
        }
        settings = default_settings(named)
        for item in plan_layout(settings, {}):
            LocalFiles().write(str(self.root / item.path), item.data)
        path = self.root / "sopsmith.yaml"
        recovery = f"recovery: {{recipients: [{IDENTITIES['recovery'][1]}]}}\n"
        store = 'backup: {store: "s3://backups/platform"}\n'
        extra = f"{argocd_text()}  install: {install}\n{recovery}{store}"
        path.write_text(path.read_text() + extra)
        if not fresh:
            self.hold("prod", "prod")
            self._encrypt()
        self._write_manifests()

    def _encrypt(self) -> None:
        rules = str(self.root / ".sops.yaml")
        config = Config.parse(Path(rules).read_bytes(), rules)
        for scope, name in FILES:
            path = self.root / self.settings().secrets_folder(scope) / f"{name}.secret.yaml"
            text = (
                f"apiVersion: v1\nkind: Secret\nmetadata:\n    name: {name}\n"
                f"    namespace: kube-system\nstringData:\n    value: made-up-{name}\n"
            )
            rule = config.rule_for(str(path))
            path.write_bytes(encrypt(text.encode(), "yaml", rule, now=_START, path=str(path)))

    def _write_manifests(self) -> None:
        settings, files, root = self.settings(), LocalFiles(), str(self.root)
        apply_install(plan_install(settings, files, root), files, root)
        apply_install(plan_applications(settings, files, root), files, root)

    def _generating(self) -> Means:
        keyring = Keyring(age.parse_identities(
            self.keys.read_text() if self.keys.exists() else "", "keys"))  # fmt: skip
        look = Look(self.files, LocalTrees(), LocalWorkers(1), keyring, self._now())
        return Means(
            look, self.files, self._lock, age.generate, self.files.replace, lambda _path: False
        )

    def _now(self) -> datetime:
        return _START + timedelta(seconds=self._seconds)

    def _pause(self, seconds: float) -> None:
        self._seconds += seconds
        applied = (APPLICATION, "argocd", "platform-bootstrap") in self.cluster.objects
        if self.argocd_works and applied:
            for name in ("dns", "db") if self.held() else ():
                self.deliver(name)

    def deliver(self, name: str) -> None:
        """Put a Secret into the cluster, as Argo CD does."""
        place = {"name": name, "namespace": "kube-system"}
        self.cluster.put(SECRET, {"metadata": place, "stringData": {"value": "x"}})

    @contextmanager
    def _lock(self, path: str) -> Iterator[None]:
        del path
        yield


def ready(folder: Path, *, fresh: bool = False) -> Platform:
    """Return a platform whose Argo CD is installed."""
    platform = Platform(folder, fresh=fresh)
    platform.install_argocd()
    return platform


def kill_everywhere(folder: Path, *, fresh: bool, stride: int = 1) -> None:
    """Kill a bootstrap behind its writes, or some of them, and see it go on to the same end."""
    whole = ready(folder / "whole", fresh=fresh)
    whole.run()
    writes = len(whole.life.writes)
    assert writes > 12
    for last in range(1, writes + 1, stride):
        platform = ready(folder / str(last), fresh=fresh)
        platform.life.ends_at = last
        with pytest.raises(Killed):
            platform.run()
        platform.life.ends_at = 0
        assert all(one.state == DONE for one in platform.run()), whole.life.writes[last - 1]
        (held,) = platform.held()
        assert held.line.reveal() in platform.cluster.values("sops-age", "argocd")["keys.txt"]
        assert platform.cluster.objects.keys() == whole.cluster.objects.keys()


def stop_everywhere(folder: Path, *, stride: int) -> int:
    """Take the API server away after some calls, then more; return after how many it is done."""
    calls = 0
    while True:
        platform = ready(folder / str(calls))
        platform.cluster.go_away(calls)
        results = platform.run()
        if len(results) == len(ORDER) and results[-1].state == DONE:
            return calls
        assert results[-1].state == BLOCKED
        assert "does not answer" in (results[-1].after or results[-1].before).why
        platform.cluster.come_back()
        assert all(one.state == DONE for one in platform.run())
        calls += stride
