"""Open, change and edit what sopsmith wrote with the newest real sops, and read it back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import demo_data
import pytest
import yaml
from tests.world import World

pytestmark = pytest.mark.e2e

SECRETS = "bootstrap/argocd/overlays/main/{}/secrets"
DATABASE = f"{SECRETS.format('dev')}/database-url.secret.yaml"


@pytest.fixture
def copy(platform: World, tmp_path: Path) -> Path:
    """Return a copy of the repository that a test may change."""
    return Path(shutil.copytree(platform.work, tmp_path / "copy"))


def opened(world: World, path: str, cwd: Path) -> dict[str, Any]:
    """Return a file as sopsmith decrypts it."""
    found: dict[str, Any] = yaml.safe_load(world.run("sopsmith", "decrypt", path, cwd=cwd))
    return found


@pytest.mark.parametrize("scope", ["core", "dev", "staging", "prod"])
def test_sops_opens_every_file_that_generate_wrote(platform: World, scope: str) -> None:
    folder = platform.work / SECRETS.format(scope)
    files = sorted(folder.glob("*.secret.yaml"))
    assert files
    wanted = demo_data.secrets_of(scope)
    for file in files:
        secret = json.loads(platform.run("sops", "decrypt", "--output-type", "json", str(file)))
        assert secret["stringData"]["value"] == wanted[secret["metadata"]["name"]]


def test_sopsmith_opens_what_sops_set(platform: World, copy: Path) -> None:
    platform.run("sops", "set", DATABASE, '["stringData"]["value"]', '"set: by #sops"', cwd=copy)
    assert opened(platform, DATABASE, copy)["stringData"]["value"] == "set: by #sops"


def test_generate_takes_a_file_that_sops_set_back_to_the_env(platform: World, copy: Path) -> None:
    platform.run("sops", "set", DATABASE, '["stringData"]["value"]', '"other"', cwd=copy)
    platform.run("sopsmith", "generate", cwd=copy)
    value = opened(platform, DATABASE, copy)["stringData"]["value"]
    assert value == demo_data.secrets_of("dev")["database-url"]


def test_generate_changes_no_byte_of_a_file_that_sops_wrote_with_equal_values(
    platform: World, copy: Path
) -> None:
    file = copy / DATABASE
    plain = platform.run("sops", "decrypt", DATABASE, cwd=copy)
    file.write_bytes(plain)
    platform.run("sops", "encrypt", "--in-place", DATABASE, cwd=copy)
    before = file.read_bytes()
    platform.run("sopsmith", "generate", cwd=copy)
    assert file.read_bytes() == before


def test_sopsmith_opens_what_an_editor_changed_under_sops_edit(platform: World, copy: Path) -> None:
    editor = copy / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/dev-pass-0001/edited-0002/" "$1"\n')
    editor.chmod(0o755)
    platform.run("sops", "edit", DATABASE, cwd=copy, EDITOR=str(editor))
    assert "edited-0002" in opened(platform, DATABASE, copy)["stringData"]["value"]


def test_sops_rotates_the_data_key_and_sopsmith_still_opens(platform: World, copy: Path) -> None:
    before = opened(platform, DATABASE, copy)
    platform.run("sops", "rotate", "--in-place", DATABASE, cwd=copy)
    assert opened(platform, DATABASE, copy) == before


def test_sops_edits_what_sopsmith_updated(platform: World, copy: Path) -> None:
    env = copy / ".env"
    env.write_text(env.read_text().replace("dev-pass-0001", "dev-pass-0009"))
    platform.run("sopsmith", "generate", cwd=copy)
    assert b"dev-pass-0009" in platform.run("sops", "decrypt", DATABASE, cwd=copy)


def test_a_value_changed_in_place_is_refused_by_both(platform: World, copy: Path) -> None:
    file = copy / DATABASE
    file.write_text(file.read_text().replace("data:", "data:AAAA", 1))
    assert platform.attempt("sops", "decrypt", DATABASE, cwd=copy).returncode != 0
    assert platform.attempt("sopsmith", "decrypt", DATABASE, cwd=copy).returncode != 0


def test_post_quantum_files_go_back_and_forth(platform: World, tmp_path: Path) -> None:
    cwd = tmp_path / "platform"
    platform.run("git", "init", "-q", str(cwd), cwd=tmp_path)
    keys = str(tmp_path / "keys.txt")
    platform.run("sopsmith", "init", "--post-quantum", cwd=cwd, SOPS_AGE_KEY_FILE=keys)
    (cwd / ".env").write_text("DEV_TOKEN=made-up\n")
    platform.run("sopsmith", "generate", cwd=cwd, SOPS_AGE_KEY_FILE=keys)
    path = f"{SECRETS.format('dev')}/token.secret.yaml"
    assert b"value: made-up" in platform.run(
        "sops", "decrypt", path, cwd=cwd, SOPS_AGE_KEY_FILE=keys
    )
    platform.run("sops", "rotate", "--in-place", path, cwd=cwd, SOPS_AGE_KEY_FILE=keys)
    assert b"value: made-up" in platform.run(
        "sopsmith", "decrypt", path, cwd=cwd, SOPS_AGE_KEY_FILE=keys
    )
    overlay = "bootstrap/argocd/overlays/main/dev"
    words = ("render", "--engine", "builtin", "--reveal", overlay)
    assert b"bWFkZS11cA==" in platform.run("sopsmith", *words, cwd=cwd, SOPS_AGE_KEY_FILE=keys)
