"""The sidecar gives what kustomize gives with the plugin, for repositories that mean well."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.test_kustomize import BUILD, OVERLAYS
from tests.unit.plugin.conftest import GENERATOR, SECRET, Repo
from tests.world import World

from sopsmith.cli import cmp

pytestmark = pytest.mark.e2e


def by_name(text: str | bytes) -> dict[tuple[str, str], Any]:
    """Return a stream of manifests by kind and name."""
    documents = [one for one in yaml.safe_load_all(text) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in documents}


def sidecar(keys: Path, root: Path, path: str, search: str) -> int:
    """Render as the sidecar does."""
    environ = {
        "PATH": search,
        "SOPSMITH_KEYS": str(keys),
        "ARGOCD_APP_PROJECT_NAME": "platform",
        "ARGOCD_APP_SOURCE_PATH": path,
    }
    return cmp.run(["generate"], environ, str(root / path))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_demo_renders_as_with_the_plugin(
    platform: World, tmp_path: Path, environment: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "platform").mkdir()
    shutil.copy(platform.keys_file, tmp_path / "platform/keys.txt")
    path = f"{OVERLAYS}/{environment}"
    assert sidecar(tmp_path, platform.work, path, platform.environ["PATH"]) == 0
    assert capfd.readouterr().out.encode() == platform.run(*BUILD, path)


def test_hashes_merges_components_and_patches_come_out_alike(
    platform: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repo").mkdir()
    repo = Repo(tmp_path / "repo")
    keys = tmp_path / "platform"
    keys.mkdir()
    (keys / "keys.txt").write_text(repo.identity)
    head = "  annotations: {kustomize.config.k8s.io/%s}\n"
    for file, name, asked in (("a", "a", "needs-hash: 'true'"), ("b", "base", "behavior: merge")):
        text = SECRET.format(name=name, value="hunter2") + "type: Opaque\n"
        text = text.replace(f"name: {name}\n", f"name: {name}\n  {head % asked}")
        repo.encrypt(f"{file}.yaml", text)
    (repo.app / "g.yaml").write_text(GENERATOR % "a.yaml, b.yaml")
    (repo.app / "base.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: base}\ntype: Opaque\ndata: {old: eA==}\n"
    )
    (repo.app / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes:\n"
        "  - {name: v, secret: {secretName: a}}\n"
    )
    (repo.app / "kustomization.yaml").write_text(
        "namespace: ns\nnamePrefix: x-\nresources: [pod.yaml, base.yaml]\ngenerators: [g.yaml]\n"
        "patches:\n- target: {kind: Pod}\n  patch: |\n    - op: add\n"
        "      path: /spec/hostNetwork\n"
        "      value: false\n"
    )
    path = platform.environ["PATH"]
    built = platform.run(
        *BUILD, str(repo.app), SOPS_AGE_KEY=repo.identity, SOPSMITH_ROOT=str(repo.root)
    )
    assert sidecar(tmp_path, repo.root, "app", path) == 0
    assert by_name(capfd.readouterr().out) == by_name(built)
    assert b"x-a-" in built


def test_nothing_is_left_in_memory(
    platform: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "platform").mkdir()
    shutil.copy(platform.keys_file, tmp_path / "platform/keys.txt")
    before = set(os.listdir("/dev/shm"))
    sidecar(tmp_path, platform.work, f"{OVERLAYS}/dev", platform.environ["PATH"])
    assert {name for name in os.listdir("/dev/shm") if "sopsmith" in name} <= before
    assert capfd.readouterr().err == ""
