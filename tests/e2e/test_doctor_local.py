"""What doctor calls a fault of the manifests is one to the real kustomize, and nothing else is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.world import World

pytestmark = pytest.mark.e2e

OVERLAYS = "bootstrap/argocd/overlays/main"
SECRETS = f"{OVERLAYS}/dev/secrets"
BUILD = ("kustomize", "build", "--enable-alpha-plugins", "--enable-exec", f"{OVERLAYS}/dev")


@pytest.fixture
def copy(platform: World, tmp_path: Path) -> Path:
    """Return a copy of the repository that a test may break."""
    return Path(shutil.copytree(platform.work, tmp_path / "copy"))


def problems(platform: World, copy: Path, *argv: str) -> set[str]:
    """Return the codes of what doctor finds amiss in the manifests."""
    done = platform.attempt("sopsmith", "doctor", "--no-cluster", "-o", "json", *argv, cwd=copy)
    findings = json.loads(done.stdout)["findings"]
    bad = {one["code"] for one in findings if one["level"] in ("warning", "error")}
    assert done.returncode == (3 if bad else 0), done.stderr
    return bad


def said(platform: World, copy: Path) -> str:
    """Return why kustomize builds nothing of dev."""
    done = platform.attempt(*BUILD, cwd=copy)
    assert done.returncode != 0
    return done.stderr.decode()


def test_of_what_builds_nothing_is_amiss(platform: World, copy: Path) -> None:
    assert problems(platform, copy) == set()
    assert b"kind: Secret" in platform.run(*BUILD, cwd=copy)


def test_a_secret_of_core_and_of_dev_breaks_the_build(platform: World, copy: Path) -> None:
    core = next((copy / OVERLAYS / "core/secrets").glob("*.secret.yaml"))
    shutil.copy(core, copy / SECRETS / core.name)
    generator = copy / SECRETS / "ksops-generator.yaml"
    generator.write_text(generator.read_text().replace("files:\n", f"files:\n  - ./{core.name}\n"))
    assert "core-secret-hidden" in problems(platform, copy)
    assert "already registered id" in said(platform, copy)


def test_a_folder_that_is_missing_breaks_the_build(platform: World, copy: Path) -> None:
    shutil.rmtree(copy / SECRETS)
    assert "missing-resource" in problems(platform, copy)
    assert "no such file or directory" in said(platform, copy)


def test_a_generator_without_annotation_breaks_the_build(platform: World, copy: Path) -> None:
    generator = copy / SECRETS / "ksops-generator.yaml"
    head, _, rest = generator.read_text().partition("  annotations:")
    generator.write_text(head + rest[rest.index("files:") :])
    assert problems(platform, copy) == {"no-exec-annotation"}
    assert "plugin" in said(platform, copy)


def test_an_encrypted_resource_hands_out_ciphertext(platform: World, copy: Path) -> None:
    kustomization = copy / SECRETS / "kustomization.yaml"
    name = next((copy / SECRETS).glob("*.secret.yaml")).name
    kustomization.write_text(f"resources: [{name}]\n")
    assert "encrypted-resource" in problems(platform, copy)
    assert b"ENC[AES256_GCM" in platform.run(*BUILD, cwd=copy)


def test_without_exec_the_secrets_vanish_and_doctor_says_so(platform: World, copy: Path) -> None:
    settings = copy / "sopsmith.yaml"
    base = "https://example.com/argo-cd/v3.2.6/install.yaml"
    settings.write_text(f"{settings.read_text()}argocd: {{mode: init-container, base: {base}}}\n")
    platform.run("sopsmith", "argocd", "manifests", cwd=copy)
    assert problems(platform, copy, "--only", "build-options") == set()
    config = copy / "bootstrap/argocd/install/argocd-cm.yaml"
    config.write_text(config.read_text().replace(" --enable-exec", ""))
    assert problems(platform, copy, "--only", "build-options") == {"build-options"}
    lacking = [word for word in BUILD if word != "--enable-exec"]
    assert b"kind: Secret" not in platform.run(*lacking, cwd=copy)


def test_a_plugin_whose_python_is_gone_is_mended_and_builds(platform: World, copy: Path) -> None:
    plugin = platform.home / "bin/ksops"
    sound = plugin.read_bytes()
    plugin.write_bytes(b"#!/nowhere/python3 -IS" + sound[sound.index(b"\n") :])
    assert problems(platform, copy) == {"plugin-broken"}
    said(platform, copy)
    platform.run("sopsmith", "doctor", "--no-cluster", "--only", "plugin-broken", "--fix", cwd=copy)
    assert plugin.read_bytes() == sound
    assert b"kind: Secret" in platform.run(*BUILD, cwd=copy)
