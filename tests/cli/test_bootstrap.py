"""`sopsmith bootstrap` touches no cluster before somebody says that it is the right one."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path

import pytest
import yaml
from tests.bootstrapping import argocd_text

from sopsmith.cli.main import run

SETTINGS = "version: 1\nenvironments:\n  dev: {context: dev-admin}\n  prod:\n    prefix: PROD_\n"
DEV, PROD = "https://dev.example.invalid", "https://prod.example.invalid"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository, with a kubeconfig of clusters that are nowhere."""
    folder = tmp_path / "platform"
    folder.mkdir()
    (folder / "sopsmith.yaml").write_text(SETTINGS + argocd_text())
    (folder / ".sops.yaml").write_text("creation_rules: []\n")
    named = {"dev-admin": DEV, "mine": DEV, "prod-admin": PROD}
    kubeconfig = {
        "clusters": [{"name": n, "cluster": {"server": s}} for n, s in named.items()],
        "contexts": [{"name": n, "context": {"cluster": n}} for n in named],
        "current-context": "prod-admin",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(folder)
    return folder


def test_without_a_terminal_the_cluster_must_be_named(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["--yes"], ["--context", "prod-admin"]):
        assert run(["bootstrap", "-e", "prod", *words]) == 2
        err = capfd.readouterr().err
        assert "kubeconfig" in err and f"prod-admin ({PROD}), for prod" in err
        (hint,) = [line for line in err.splitlines() if line.startswith("hint: ")]
        assert hint.split()[1:5] == ["sopsmith", "bootstrap", "--environment", "prod"]
        assert sorted(hint.split()[5:]) == ["--context", "--yes", "prod-admin"]


@pytest.mark.parametrize("context", ["dev-admin", "mine"])
def test_the_cluster_of_another_environment_is_refused(
    root: Path, capfd: pytest.CaptureFixture[str], context: str
) -> None:
    assert run(["bootstrap", "-e", "prod", "--yes", "--context", context]) == 2
    assert "leads to the cluster of dev" in capfd.readouterr().err


def test_an_environment_goes_to_no_other_context_than_its_own(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["bootstrap", "-e", "dev", "--yes", "--context", "prod-admin"]) == 2
    assert "dev is tied to the context dev-admin" in capfd.readouterr().err


def test_a_step_that_is_not_there_is_refused(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bootstrap", "-e", "prod", "--dry-run", "--only", "injekt"]) == 2
    assert "did you mean inject?" in capfd.readouterr().err


def test_a_cluster_that_does_not_answer_blocks_each_step_by_itself(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["bootstrap", "-e", "prod", "--only", "namespace", "--only", "inject", "-o", "json"]
    assert run([*words, "--dry-run"]) == 0
    seen = json.loads(capfd.readouterr().out)
    assert [(one["step"], one["state"]) for one in seen] == [
        ("namespace", "blocked"),
        ("inject", "blocked"),
    ]
    assert run([*words, "--status"]) == 3
    assert run([*words, "--yes", "--context", "prod-admin"]) == 1
    assert [one["state"] for one in json.loads(capfd.readouterr().out.split("]\n")[1] + "]")] == [
        "blocked",
        "skipped",
    ]


def test_rights_are_printed_without_a_look_at_any_cluster(
    root: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", os.devnull)
    assert run(["bootstrap", "-e", "prod", "--rbac", "ci"]) == 0
    made = list(yaml.safe_load_all(capfd.readouterr().out))
    assert [one["kind"] for one in made] == [
        "Namespace", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
    ]  # fmt: skip


@pytest.mark.parametrize("answers", ["n\n", "y\nn\n", "y\ny\n"])
def test_at_a_terminal_it_asks_and_offers_to_remember(
    root: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        os.write(ours, answers.encode())
        monkeypatch.setattr(sys, "stdin", terminal)
        code = run(["bootstrap", "-e", "prod", "--only", "namespace"])
    os.close(ours)
    err = capfd.readouterr().err
    assert f"make prod-admin ({PROD}) the cluster of prod?" in err
    assert code == (130 if answers == "n\n" else 1)
    tied = "context: prod-admin" in (root / "sopsmith.yaml").read_text()
    assert tied == (answers == "y\ny\n")
