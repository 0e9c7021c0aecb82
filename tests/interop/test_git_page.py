"""The how-to on encrypted files in Git runs: each way to resolve, over a conflict that git made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.interop.git_world import NAME, Repository
from tests.pages import bash, scripts

RULES = """\
creation_rules:
  - {{path_regex: \\.yaml$, encrypted_regex: ^(data|stringData)$, age: {}}}
"""

pytestmark = pytest.mark.e2e


def test_the_page_on_git_runs(tmp_path: Path) -> None:
    install, resolve = scripts("docs/how-to/git.md")
    repo = Repository(tmp_path)
    bash(repo, install)
    conflicted(repo)
    *ways, add = resolve.splitlines()
    assert len(ways) == 3
    whole = repo.work.rename(tmp_path / "whole")
    editor = "sed -i -e '/^[<=>]\\{7\\}/d' -e '/mine/d'"
    for way in ways:
        shutil.copytree(whole, repo.work)
        bash(repo, way, "\n", add, EDITOR=editor)
        assert b"<<<<<<<" not in (repo.work / NAME).read_bytes()
        shutil.rmtree(repo.work)


def conflicted(repo: Repository) -> None:
    """Leave a conflict of the password in the repository's file."""
    (repo.work / ".sops.yaml").write_text(RULES.format(repo.recipient))
    (repo.work / NAME).write_text("kind: Secret\nstringData:\n  password: first\n")
    setting = f'sopsmith set --value-stdin {NAME} \'["stringData"]["password"]\''
    bash(
        repo,
        f"sopsmith encrypt -i {NAME}; git add .; git commit -qm base; git checkout -qb topic\n",
        f"echo '\"theirs\"' | {setting}; git commit -qam theirs; git checkout -q main\n",
        f"echo '\"mine\"' | {setting}; git commit -qam mine\n",
    )
    assert repo.try_git("merge", "topic").returncode == 1
