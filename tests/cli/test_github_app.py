"""`sopsmith github-app check` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.github import TOKEN, FakeGitHub
from tests.github import pem_of, private_key, wrapped
from tests.loopback import running

from sopsmith.cli.main import run

SETTINGS = """\
version: 1
environments: {prod: {recipients: []}}
argocd: {repository: https://github.com/acme/platform}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository whose .env names the App, in the working folder."""
    (tmp_path / "sopsmith.yaml").write_text(SETTINGS)
    write_env(tmp_path, wrapped(pem_of(private_key())))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_env(folder: Path, key: bytes, more: str = "") -> None:
    """Write the .env."""
    ids = b"GIT_APP_ID=12345\nGIT_APP_INSTALLATION_ID=67890\nGIT_APP_PRIVATE_KEY="
    (folder / ".env").write_bytes(ids + key + b"\n" + more.encode())


def test_a_sound_app_is_said_to_be_sound(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["github-app", "check"]) == 0
    said = capfd.readouterr()
    assert said.err == "the App's ids and key are sound; Argo CD would read acme/platform by it\n"
    assert said.out == ""


def test_a_proof_asks_the_address_that_the_env_names(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(FakeGitHub(private_key().public_key())) as github:
        pem = b"'" + pem_of(private_key()) + b"'"
        write_env(repository, pem, f"GIT_APP_ENTERPRISE_BASE_URL={github.api}\n")
        assert run(["github-app", "check", "--prove", "-o", "json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out) == {
        "repository": "acme/platform",
        "secrets": ["argocd/github-app", "argocd/platform-repository"],
        "proven": True,
    }
    assert TOKEN not in said.err


def test_a_damaged_key_is_named_and_never_shown(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_env(repository, b'"-----BEGIN RSA PRIVATE KEY-----\\ncanary1618033988\\n-----END X-----"')
    assert run(["github-app", "check"]) == 1
    said = capfd.readouterr().err
    assert "GIT_APP_PRIVATE_KEY: is no private key in PEM" in said
    assert "canary" not in said


def test_an_env_without_an_app_is_a_finding(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / ".env").write_text("A=1\n")
    assert run(["github-app", "check"]) == 3
    assert capfd.readouterr().err == "there is no GIT_APP_ID in .env\n"
    assert run(["github-app", "check", "-o", "json"]) == 3
    assert json.loads(capfd.readouterr().out)["repository"] is None
