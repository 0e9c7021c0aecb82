"""Programs are run as they are named, with no secret that they do not need, and git without
those that a clone names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sopsmith.adapters.git_history import GitHistory
from sopsmith.adapters.programs import CREDENTIALS, IDENTITIES, LocalPrograms, child_environ
from sopsmith.errors import OutsideError

MISSING = "1" * 40
SECRETS = IDENTITIES | CREDENTIALS


def shows_environment(folder: Path, name: str) -> str:
    """Return a program of some name that prints the names of its variables."""
    program = folder / name
    program.write_text(f"#!{sys.executable}\nimport os\nprint(*os.environ)\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("name", "gets"),
    [
        ("kustomize", SECRETS),
        ("kubectl", SECRETS),
        ("a-command-of-the-user", CREDENTIALS),
        ("gpg", set()),
        ("git", set()),
    ],
)
def test_a_child_gets_the_secrets_that_it_needs_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, gets: set[str]
) -> None:
    for one in SECRETS:
        monkeypatch.setenv(one, "canary")
    done = LocalPrograms().run([shows_environment(tmp_path, name)], env={"ADDED": "1"})
    seen = set(done.stdout.decode().split())
    assert seen & SECRETS == gets
    assert {"ADDED", "PATH"} <= seen


def test_an_editor_gets_no_secret_and_keeps_the_rest() -> None:
    source = dict.fromkeys(SECRETS, "canary") | {"TERM": "xterm"}
    assert child_environ("editor", source) == {"TERM": "xterm"}


@pytest.mark.parametrize(
    "words", [["ls-files", "--others"], ["ls-files", "--error-unmatch", "--", "a"]], ids=str
)
def test_a_clones_configuration_starts_no_program(tmp_path: Path, words: list[str]) -> None:
    programs, here = LocalPrograms(), str(tmp_path)
    ran = tmp_path / "ran"
    (tmp_path / "a").write_text("")
    for line in (
        ["init", "-q"],
        ["add", "a"],
        ["config", "core.fsmonitor", f"touch {ran}; false"],
    ):
        assert programs.run(["git", *line], cwd=here).code == 0
    assert programs.run(["git", *words], cwd=here).code == 0
    assert not ran.exists()


def promising(folder: Path, ran: Path, url: str) -> str:
    """Make a clone whose configuration starts a program for each object that it lacks."""
    git = ("git", "-C", str(folder))
    subprocess.run((*git, "init", "-q"), check=True)
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.url": url,
        "remote.evil.promisor": "true",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "core.sshCommand": f"touch {ran}; false",
    }.items():
        subprocess.run((*git, "config", name, value), check=True)
    return str(folder)


@pytest.mark.parametrize("url", ["ext::sh -c touch% {}", "ssh://somewhere/x"])
def test_an_object_that_is_missing_is_fetched_by_no_program_of_the_clone(
    tmp_path: Path, url: str
) -> None:
    ran = tmp_path / "ran"
    here = promising(tmp_path, ran, url.replace("{}", str(ran)))
    LocalPrograms().run(["git", "cat-file", "-p", MISSING], cwd=here)
    with GitHistory(here) as history, pytest.raises(OutsideError, match="git lacks the object"):
        list(history.read([MISSING]))
    assert not ran.exists()
    # The same question without that care does start it, so that the test shows something.
    unsafe = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    asked = ("git", "cat-file", "-p", MISSING)
    subprocess.run(asked, cwd=here, capture_output=True, env=unsafe, check=False)
    assert ran.exists()


def test_no_hook_of_a_clone_runs_and_where_hooks_are_is_still_said(tmp_path: Path) -> None:
    programs, here = LocalPrograms(), str(tmp_path)
    ran, hooks = tmp_path / "ran", tmp_path / "hooks"
    hooks.mkdir()
    hook = hooks / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    (tmp_path / "a").write_text("")
    for line in (["init", "-q"], ["config", "core.hooksPath", str(hooks)], ["add", "a"]):
        assert programs.run(["git", *line], cwd=here).code == 0
    assert not ran.exists()
    asked = programs.run(["git", "rev-parse", "--git-path", "hooks"], cwd=here)
    assert asked.stdout.decode().strip() == str(hooks)
