"""The patches do what they should to Argo CD's own manifests, with the real kustomize."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sopsmith.kube.argocd_merge import merge
from sopsmith.repo.argocd_install import build_install_files
from sopsmith.repo.argocd_settings import INIT_CONTAINER, SIDECAR, ArgocdSettings

pytestmark = pytest.mark.e2e
IMAGE = "registry.example.com/sopsmith@sha256:" + "0" * 64
MODES = {
    SIDECAR: ArgocdSettings(image=IMAGE, base="base.yaml", redis_tls=True),
    INIT_CONTAINER: ArgocdSettings(mode=INIT_CONTAINER, base="base.yaml"),
}
PARTS = ("argocd-server", "argocd-repo-server", "argocd-application-controller", "argocd-redis")


def workload(name: str, *, bare: bool) -> dict[str, Any]:
    """Return a workload as the official manifests have it, or without any list in it."""
    container: dict[str, Any] = {"name": name.replace("argocd-redis", "redis"), "image": "i"}
    spec: dict[str, Any] = {"containers": [container]}
    if not bare:
        container |= {
            "args": [f"/usr/local/bin/{name}"],
            "env": [{"name": "REDIS_PASSWORD", "value": "x"}],
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        }
        spec |= {
            "initContainers": [{"name": "copyutil", "image": "i"}],
            "volumes": [{"name": name, "emptyDir": {}} for name in ("tmp", "var-files", "plugins")],
        }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet" if name.endswith("controller") else "Deployment",
        "metadata": {"name": name},
        "spec": {"template": {"spec": spec}},
    }


def manifests(*, bare: bool) -> str:
    """Return what is patched."""
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        for name in ("argocd-cm", "argocd-cmd-params-cm")
    ]
    if not bare:
        maps[0]["data"] = {"kept": "yes"}
    return yaml.safe_dump_all([*maps, *(workload(name, bare=bare) for name in PARTS)])


def find_official() -> str | None:
    """Return the official manifests, where Argo CD's module is on this machine."""
    try:
        asked = subprocess.run(
            ["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = sorted(Path(asked.stdout.strip()).glob("github.com/argoproj/argo-cd/v3@*"))
    return (found[-1] / "manifests/install.yaml").read_text() if found else None


class Install:
    """A folder with what was written, and kustomize."""

    def __init__(self, folder: Path, settings: ArgocdSettings, tools: Path) -> None:
        self.folder = folder
        self._tools = tools
        for name, text in build_install_files(settings).items():
            (folder / name).write_text(text)

    def build(self, base: str) -> dict[tuple[str, str], Any]:
        """Patch a base."""
        (self.folder / "base.yaml").write_text(base)
        done = subprocess.run(
            [self._tools / "kustomize", "build", str(self.folder)], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        objects = [one for one in yaml.safe_load_all(done.stdout) if one]
        return {(one["kind"], one["metadata"]["name"]): one for one in objects}


def repo_server(built: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Return the pod of the repo-server, its lists by name."""
    pod = built["Deployment", "argocd-repo-server"]["spec"]["template"]["spec"]
    return {
        part: {one["name"]: one for one in pod.get(part, [])}
        for part in ("containers", "initContainers", "volumes")
    }


@pytest.mark.parametrize("bare", [False, True], ids=["official", "no lists"])
@pytest.mark.parametrize("mode", MODES)
def test_a_second_time_changes_nothing(tmp_path: Path, tools: Path, mode: str, bare: bool) -> None:
    install = Install(tmp_path, MODES[mode], tools)
    once = install.build(manifests(bare=bare))
    policies = [key for key in once if key[0] == "NetworkPolicy"]
    again = install.build(
        yaml.safe_dump_all(one for key, one in once.items() if key not in policies)
    )
    assert again == once


@pytest.mark.parametrize("bare", [False, True], ids=["official", "no lists"])
def test_the_sidecar_alone_mounts_identities(tmp_path: Path, tools: Path, bare: bool) -> None:
    built = Install(tmp_path, MODES[SIDECAR], tools).build(manifests(bare=bare))
    containers = repo_server(built)["containers"]
    holders = [
        name
        for name, one in containers.items()
        if any("sops-age" in mount["name"] for mount in one.get("volumeMounts", []))
    ]
    assert holders == ["sopsmith"]
    assert "kustomize.buildOptions" not in built["ConfigMap", "argocd-cm"]["data"]


@pytest.mark.parametrize("bare", [False, True], ids=["official", "no lists"])
def test_the_init_container_installs_without_a_shell(
    tmp_path: Path, tools: Path, bare: bool
) -> None:
    built = Install(tmp_path, MODES[INIT_CONTAINER], tools).build(manifests(bare=bare))
    pod = repo_server(built)
    command = pod["initContainers"]["install-ksops"]["command"]
    assert command == ["/usr/local/bin/ksops", "install", "--with-kustomize", "/custom-tools"]
    mounts = {one["mountPath"] for one in pod["containers"]["argocd-repo-server"]["volumeMounts"]}
    assert mounts >= {"/usr/local/bin/ksops", "/usr/local/bin/kustomize", "/sops-age"}
    options = built["ConfigMap", "argocd-cm"]["data"]["kustomize.buildOptions"]
    assert options == "--enable-alpha-plugins --enable-exec"


@pytest.mark.parametrize("mode", MODES)
def test_argo_cds_own_manifests_keep_all_that_they_have(
    tmp_path: Path, tools: Path, mode: str
) -> None:
    official = find_official()
    if official is None:
        pytest.skip("Argo CD's manifests are not on this machine")
    before = {
        (one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(official) if one
    }
    after = Install(tmp_path, MODES[mode], tools).build(official)
    assert set(after) - set(before) == {
        ("NetworkPolicy", "sopsmith-argocd-redis"),
        ("NetworkPolicy", "sopsmith-argocd-repo-server"),
    }
    assert set(before) <= set(after)
    old, new = repo_server(before), repo_server(after)
    assert all(set(old[part]) <= set(new[part]) for part in old)
    own = "argocd-repo-server"
    kept = [one["name"] for one in old["containers"][own]["env"]]
    assert kept == [one["name"] for one in new["containers"][own]["env"] if one["name"] in kept]


@pytest.mark.parametrize("bare", [False, True], ids=["official", "no lists"])
@pytest.mark.parametrize("mode", MODES)
def test_a_running_workload_is_patched_as_kustomize_patches_it(
    tmp_path: Path, tools: Path, mode: str, bare: bool
) -> None:
    built = Install(tmp_path, MODES[mode], tools).build(manifests(bare=bare))
    wanted = built["Deployment", "argocd-repo-server"]["spec"]
    found = workload("argocd-repo-server", bare=bare)
    for name in ("repo-server.yaml", "redis-tls-argocd-repo-server.yaml"):
        path = tmp_path / name
        if path.exists():
            found = merge(found, yaml.safe_load(path.read_text()))
    assert by_name(found["spec"]) == by_name(wanted)


def by_name(value: Any) -> Any:
    """Return a value with its lists of named things sorted: kustomize puts new ones first."""
    if isinstance(value, dict):
        return {key: by_name(part) for key, part in value.items()}
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return value
    return sorted(map(by_name, value), key=lambda one: str(one.get("mountPath", one.get("name"))))
