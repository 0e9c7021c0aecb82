"""`sopsmith argocd`: a user writes the manifests, reads what is wrong, and writes them again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.repo.test_argocd_install import IMAGE

from sopsmith.cli.main import run
from sopsmith.repo.layout import plan_layout
from sopsmith.repo.layout_settings import default_settings

RECIPIENT = "age1g35en65j8ddlzt62pk6892mcnt6sds2sskwsu3umstz0lx952dtsgf3s95"
MORE = f"""
argocd:
  image: {IMAGE}
  base: https://git.example.com/argo/v3.2.6/install.yaml
  repository: https://git.example.com/org/platform.git
"""
OVERLAY = "bootstrap/argocd/overlays/main/dev"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new platform repository, as the working folder."""
    for file in plan_layout(default_settings({"core": (), "dev": (RECIPIENT,)}), {}):
        target = tmp_path / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    settings = tmp_path / "sopsmith.yaml"
    settings.write_text(settings.read_text() + MORE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capfd: pytest.CaptureFixture[str], code: int) -> dict[str, str]:
    """Return the level of each subject that `check` found."""
    capfd.readouterr()
    assert run(["argocd", "check", "--output", "json"]) == code
    findings = json.loads(capfd.readouterr().out)["findings"]
    return {one["code"]: one["level"] for one in findings}


def test_the_manifests_are_written_once_and_then_stand(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["argocd", "manifests"]) == 0
    assert "create    bootstrap/argocd/install/kustomization.yaml" in capfd.readouterr().err
    assert run(["argocd", "manifests"]) == 0
    assert "0 of 5 files changed" in capfd.readouterr().err


def test_a_dry_run_writes_nothing(repo: Path) -> None:
    assert run(["argocd", "manifests", "--dry-run"]) == 0
    assert run(["argocd", "applications", "--dry-run"]) == 0
    assert not (repo / "bootstrap/argocd/install").exists()


def test_a_file_of_another_hand_is_not_replaced(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mine = repo / "bootstrap/argocd/install/kustomization.yaml"
    mine.parent.mkdir()
    mine.write_text("resources: []\n")
    assert run(["argocd", "manifests"]) == 1
    assert "sopsmith did not write it" in capfd.readouterr().err
    assert list(mine.parent.iterdir()) == [mine]
    assert run(["argocd", "manifests", "--force"]) == 0
    assert mine.read_text() != "resources: []\n"


def test_check_says_what_is_missing_and_then_nothing(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check(capfd, 3)["argocd-manifests"] == "error"
    run(["argocd", "manifests"])
    assert check(capfd, 0) == {
        "argocd-manifests": "ok", "argocd-mode": "ok", "argocd-image": "ok", "argocd-base": "ok",
        "argocd-redis-tls": "info", "waves": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (IMAGE, "registry.example.com/sopsmith:latest", "argocd-image"),
        ("/v3.2.6/", "/stable/", "argocd-base"),
        ("argocd:\n", "argocd:\n  mode: init-container\n", "argocd-mode"),
    ],
)
def test_check_warns_of_what_may_change_or_leak(
    repo: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, code: str
) -> None:
    settings = repo / "sopsmith.yaml"
    settings.write_text(settings.read_text().replace(old, new))
    run(["argocd", "manifests"])
    assert check(capfd, 3)[code] == "warning"


def test_the_image_that_nobody_named_is_named_where_it_is_not_pinned(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = repo / "sopsmith.yaml"
    text = settings.read_text().replace("argocd:\n", "argocd:\n  mode: init-container\n")
    settings.write_text(text.replace(f"image: {IMAGE}", "image: ''"))
    assert run(["argocd", "check"]) == 3
    said = capfd.readouterr()
    assert "argocd.image: viaductoss/ksops:v4.5.1 gets the identity, and is not pinned" in said.out
    assert "argocd: {image: viaductoss/ksops:v4.5.1@sha256:" in said.err


def test_the_repository_can_be_named(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    where = ["--repo", os.path.relpath(repo, tmp_path)]
    for words in (["manifests"], ["applications", "--dry-run"], ["check"]):
        assert run(["argocd", *words, *where]) == 0


def test_check_names_the_field_that_is_missing_once(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = repo / "sopsmith.yaml"
    settings.write_text(settings.read_text().replace(f"  image: {IMAGE}\n", ""))
    assert run(["argocd", "check"]) == 3
    (line,) = (one for one in capfd.readouterr().out.splitlines() if "argocd.image" in one)
    assert line.count("sopsmith.yaml") == 1


def test_the_secrets_get_an_application_of_their_own(repo: Path) -> None:
    assert run(["argocd", "applications"]) == 0
    overlay = yaml.safe_load((repo / OVERLAY / "kustomization.yaml").read_text())
    assert overlay["resources"] == ["../core", "platform-secrets.yaml", "99-tenants.yaml"]
    inner = yaml.safe_load((repo / OVERLAY / "platform-secrets/kustomization.yaml").read_text())
    assert inner["resources"] == ["../../core/secrets", "../secrets"]
    app = yaml.safe_load((repo / OVERLAY / "platform-secrets.yaml").read_text())
    assert app["spec"]["source"]["path"] == f"{OVERLAY}/platform-secrets"
    assert app["spec"]["source"]["plugin"] == {"name": "sopsmith"}
    assert app["spec"]["syncPolicy"]["retry"]["limit"] == 10


def test_bootstrap_finds_projects_that_allow_little(repo: Path) -> None:
    run(["argocd", "applications"])
    text = (repo / "bootstrap/argocd/install/applications/dev.yaml").read_text()
    objects: dict[str, Any] = {one["metadata"]["name"]: one for one in yaml.safe_load_all(text)}
    secrets = objects["platform-secrets"]["spec"]
    assert secrets["namespaceResourceWhitelist"] == [{"group": "", "kind": "Secret"}]
    assert secrets["clusterResourceWhitelist"] == []
    assert [one["namespace"] for one in secrets["destinations"]] == ["kube-system"]
    root = objects["platform-bootstrap"]
    assert root["spec"]["source"]["path"] == OVERLAY
    assert root["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "0"}


def test_a_second_run_changes_nothing_and_init_misses_nothing(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["argocd", "applications"])
    capfd.readouterr()
    assert run(["argocd", "applications"]) == 0
    assert "0 of 4 files changed" in capfd.readouterr().err
    assert run(["init", ".", "--dry-run"]) == 0
    assert "lacks" not in capfd.readouterr().err


def test_check_finds_an_application_before_its_secrets(
    repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["argocd", "manifests"])
    run(["argocd", "applications"])
    folder = repo / OVERLAY
    secrets = folder / "secrets"
    (secrets / "a.secret.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: hetzner-api-token}\nsops: {}\n"
    )
    (secrets / "ksops-generator.yaml").write_text(
        "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [a.secret.yaml]\n"
    )
    (secrets / "kustomization.yaml").write_text("generators: [ksops-generator.yaml]\n")
    app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: hcloud-ccm\n"
    wave = '  annotations: {argocd.argoproj.io/sync-wave: "%d"}\n'
    listed = folder / "kustomization.yaml"
    listed.write_text(listed.read_text() + "  - ccm.yaml\n")
    (folder / "ccm.yaml").write_text(app + wave % 0)
    assert check(capfd, 3)["waves"] == "error"
    (folder / "ccm.yaml").write_text(app + wave % 1)
    assert check(capfd, 0)["waves"] == "ok"
