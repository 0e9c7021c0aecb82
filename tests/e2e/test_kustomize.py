"""Render the demo's overlays through the real kustomize, with the plugin as `ksops`."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import demo_data
import pytest
import yaml
from tests.world import World

pytestmark = pytest.mark.e2e

OVERLAYS = "bootstrap/argocd/overlays/main"
BUILD = ("kustomize", "build", "--enable-alpha-plugins", "--enable-exec")


def secrets_in(text: bytes) -> dict[str, dict[str, Any]]:
    """Return the Secrets of a stream of manifests by name."""
    documents = yaml.safe_load_all(text)
    return {d["metadata"]["name"]: d for d in documents if d and d["kind"] == "Secret"}


def value_of(secret: dict[str, Any]) -> str:
    """Return what the cluster would hold under the default key."""
    return base64.b64decode(secret["data"]["value"]).decode()


@pytest.fixture
def copy(platform: World, tmp_path: Path) -> Path:
    """Return a copy of the repository that a test may change."""
    return Path(shutil.copytree(platform.work, tmp_path / "copy"))


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_kustomize_hands_out_each_value_of_the_env_byte_for_byte(
    platform: World, environment: str
) -> None:
    built = secrets_in(platform.run(*BUILD, f"{OVERLAYS}/{environment}"))
    got = {name: value_of(secret) for name, secret in built.items()}
    assert got == demo_data.secrets_of(environment)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_render_shows_what_kustomize_builds(platform: World, environment: str) -> None:
    path = f"{OVERLAYS}/{environment}"
    built = list(yaml.safe_load_all(platform.run(*BUILD, path)))
    shown = list(yaml.safe_load_all(platform.run("sopsmith", "render", path, "--reveal")))
    key = lambda d: (d["kind"], d["metadata"]["name"])  # noqa: E731
    assert sorted(shown, key=key) == sorted(built, key=key)


def test_secrets_come_out_without_stringdata(platform: World) -> None:
    built = secrets_in(platform.run(*BUILD, f"{OVERLAYS}/dev"))
    assert [name for name, secret in built.items() if "stringData" in secret] == []


def test_a_hash_suffix_is_kustomizes_own_and_follows_the_value(platform: World, copy: Path) -> None:
    folder = copy / OVERLAYS / "dev/secrets"
    settings = copy / "sopsmith.yaml"
    needs_hash = "{kustomize.config.k8s.io/needs-hash: 'true'}"
    text = settings.read_text()
    entry = "  - name: database-url\n"
    assert text.count(entry) == 1
    settings.write_text(text.replace(entry, f"{entry}    annotations: {needs_hash}\n"))

    def name() -> str:
        platform.run("sopsmith", "generate", cwd=copy)
        built = secrets_in(platform.run(*BUILD, str(folder)))
        return next(found for found in built if found.startswith("database-url-"))

    first = name()
    env = copy / ".env"
    env.write_text(env.read_text().replace("dev-pass-0001", "dev-pass-0009"))
    assert name() != first


def test_the_legacy_plugin_gives_the_same_secrets(
    platform: World, copy: Path, tmp_path: Path
) -> None:
    folder = copy / OVERLAYS / "dev/secrets"
    wanted = secrets_in(platform.run(*BUILD, str(folder)))
    generator = folder / "ksops-generator.yaml"
    kept = yaml.safe_load(generator.read_text())
    del kept["metadata"]["annotations"]
    generator.write_text(yaml.safe_dump(kept))
    home = {"KUSTOMIZE_PLUGIN_HOME": str(tmp_path / "plugin")}
    platform.run("sopsmith", "plugin", "install", "--plugin-home", cwd=None, stdin=b"", **home)
    built = platform.run(*BUILD[:3], str(folder), cwd=None, stdin=b"", **home)
    assert secrets_in(built) == wanted


def test_kustomize_without_enable_exec_leaves_secrets_out_and_render_says_so(
    platform: World, tmp_path: Path
) -> None:
    """kustomize 5.7.1 exits with 0 there; the wrapper drops the flag as a careless set-up does."""
    path = f"{OVERLAYS}/dev"
    assert secrets_in(platform.run(*BUILD[:3], path)) == {}
    careless = tmp_path / "kustomize"
    real = shutil.which("kustomize", path=platform.environ["PATH"])
    careless.write_text(
        '#!/bin/sh\nfor a do shift; [ "$a" = --enable-exec ] || set -- "$@" "$a"; done\n'
        f'exec {real} "$@"\n'
    )
    careless.chmod(0o755)
    search = f"{tmp_path}:{platform.environ['PATH']}"
    done = platform.attempt("sopsmith", "render", path, PATH=search)
    assert done.returncode == 1
    assert b"does not come out" in done.stderr
    assert b"--enable-exec" in done.stderr
    assert b"dev-pass-0001" not in done.stdout + done.stderr


def test_an_encrypted_file_under_resources_is_refused_by_render(
    platform: World, copy: Path
) -> None:
    """kustomize itself hands `ENC[…]` on to the cluster as the value, without an error."""
    folder = copy / OVERLAYS / "dev/secrets"
    (folder / "kustomization.yaml").write_text("resources:\n  - database-url.secret.yaml\n")
    built = platform.run(*BUILD, str(folder))
    assert b"ENC[AES256_GCM" in built
    done = platform.attempt("sopsmith", "render", str(folder), cwd=copy)
    assert done.returncode == 1
    assert b"database-url.secret.yaml" in done.stderr


def test_the_dev_identity_alone_builds_dev_and_not_prod(platform: World, copy: Path) -> None:
    lines = platform.keys_file.read_text().splitlines()
    identities = [line for line in lines if line.startswith("AGE-SECRET-KEY-1")]
    opened = {
        environment: [
            platform.attempt(
                *BUILD,
                f"{OVERLAYS}/{environment}",
                XDG_CONFIG_HOME=str(copy / "nothing"),
                SOPS_AGE_KEY=identity,
            ).returncode
            for identity in identities
        ]
        for environment in ("dev", "staging", "prod")
    }
    assert sorted(opened.values()) == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
