"""Real git asks the hook before it commits, and `install` leaves a repository as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.git_world import CANARY, NAME, TEXT, Repository
from tests.world import World

from sopsmith import age
from sopsmith.flows.git_install import HOOK


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.save(made.lock(TEXT), "base")
    return made


def refusal(repo: Repository, name: str, data: bytes) -> str:
    """Try to commit a file, which must be refused without its value, and return why."""
    (repo.work / name).parent.mkdir(parents=True, exist_ok=True)
    (repo.work / name).write_bytes(data)
    repo.git("add", name)
    done = repo.try_git("commit", "-m", "bad")
    assert done.returncode == 1
    said = (done.stdout + done.stderr).decode()
    assert CANARY not in said
    assert "AGE-SECRET-KEY" not in said
    return said


def test_a_plain_secret_is_refused(repo: Repository) -> None:
    said = refusal(repo, "new.secret.yaml", f"data:\n  a: {CANARY}\n".encode())
    assert "new.secret.yaml: its name says that it is encrypted" in said


def test_a_file_that_a_rule_wants_encrypted_is_refused(repo: Repository) -> None:
    rule = f"creation_rules:\n- path_regex: ^conf/\n  age: {repo.recipient}\n"
    repo.save(rule.encode(), "rules", ".sops.yaml")
    said = refusal(repo, "conf/app.yaml", f"a: {CANARY}\n".encode())
    assert "conf/app.yaml: .sops.yaml: creation_rules[0] says that it is encrypted" in said


def test_what_is_staged_counts_and_not_what_lies_in_the_worktree(repo: Repository) -> None:
    path = repo.work / "new.secret.yaml"
    path.write_text(f"data:\n  a: {CANARY}\n")
    repo.git("add", path.name)
    path.write_bytes(repo.lock(f"data:\n  a: {CANARY}\n"))
    assert repo.try_git("commit", "-m", "staged in clear").returncode == 1
    repo.git("add", path.name)
    repo.git("commit", "-m", "staged encrypted")


def test_an_identity_is_refused(repo: Repository) -> None:
    identity = age.generate()[0].reveal()
    assert "notes.md:2: holds an age identity" in refusal(repo, "notes.md", b"x\n" + identity)


def test_a_value_in_clear_in_an_encrypted_file_is_refused(repo: Repository) -> None:
    data = (repo.work / NAME).read_bytes().replace(b"  ports:", f"  a: {CANARY}\n  ports:".encode())
    assert "stringData.a" in refusal(repo, NAME, data)


def test_conflict_markers_in_an_encrypted_file_are_refused(repo: Repository) -> None:
    data = (repo.work / NAME).read_bytes().replace(b"  ports:", b"<<<<<<< x\n  ports:")
    assert "merge conflict" in refusal(repo, NAME, data)


def test_names_with_spaces_and_links_and_removed_files_are_no_obstacle(repo: Repository) -> None:
    (repo.work / "a b\u00e9\n.md").write_text("x\n")
    (repo.work / "link.secret.yaml").symlink_to(NAME)
    repo.git("rm", "--quiet", "--cached", NAME)
    repo.git("add", "a b\u00e9\n.md", "link.secret.yaml")
    repo.git("commit", "-m", "fine")


def test_a_commit_below_the_root_is_checked_as_well(repo: Repository) -> None:
    (repo.work / "sub").mkdir()
    (repo.work / "sub/new.secret.yaml").write_text(f"a: {CANARY}\n")
    done = repo.attempt("git", "add", ".", cwd=repo.work / "sub")
    done = repo.attempt("git", "commit", "-m", "bad", cwd=repo.work / "sub")
    assert b"sub/new.secret.yaml: " in done.stderr


def test_an_earlier_hook_runs_afterwards_and_comes_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    hook = world.work / ".git/hooks/pre-commit"
    earlier = f"#!/bin/sh\ntouch {world.home}/ran\n"
    hook.write_text(earlier)
    hook.chmod(0o755)
    world.run("sopsmith", "git", "install")
    assert hook.read_text() == HOOK
    world.run("git", "add", ".")
    world.run("git", "commit", "--quiet", "-m", "x")
    assert (world.home / "ran").exists()
    world.run("sopsmith", "git", "uninstall")
    assert hook.read_text() == earlier
    assert hook.stat().st_mode & 0o111


def test_install_again_changes_nothing_and_uninstall_leaves_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    config = (world.work / ".git/config").read_bytes()
    # Git takes names that are no UTF-8.
    (world.work / ".gitattributes").write_bytes(b"\xe9 binary\n*.secret.yaml text merge=binary\n")
    first = world.attempt("sopsmith", "git", "install", "--dry-run").stderr
    assert (world.work / ".git/config").read_bytes() == config
    second = world.attempt("sopsmith", "git", "install").stderr
    assert first.replace(b"would do", b"done") == second
    assert world.attempt("sopsmith", "git", "install").stderr == b"nothing to do\n"
    attributes = (world.work / ".gitattributes").read_bytes()
    assert attributes == b"\xe9 binary\n*.secret.yaml text merge=sopsmith diff=sopsmith\n"
    world.run("sopsmith", "git", "uninstall")
    assert (world.work / ".git/config").read_bytes() == config
    assert not (world.work / ".git/hooks/pre-commit").exists()
    assert world.attempt("sopsmith", "git", "uninstall").stderr == b"nothing to do\n"


def test_install_finds_the_encrypted_files_that_git_tracks(repo: Repository) -> None:
    repo.git("config", "core.hooksPath", "/dev/null")
    for name in ("conf/a.enc.yaml", "odd name.yaml", "tab\tname.yaml", "docs.md"):
        (repo.work / name).parent.mkdir(exist_ok=True)
        repo.save(repo.lock(TEXT), "more", name) if name != "docs.md" else repo.save(
            b"ENC[AES256_GCM, said the manual\n", "docs", name
        )
    repo.git("config", "--unset", "core.hooksPath")
    repo.run("sopsmith", "git", "install")
    for name, driver in (
        ("conf/a.enc.yaml", "sopsmith"),
        ("odd name.yaml", "sopsmith"),
        ("tab\tname.yaml", "sopsmith"),
        ("docs.md", "unspecified"),
    ):
        assert repo.git("check-attr", "merge", "--", name).endswith(f"merge: {driver}\n")


def test_install_for_all_repositories_makes_no_hook(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.environ["GIT_CONFIG_GLOBAL"] = str(world.home / ".gitconfig")
    world.run("sopsmith", "git", "install", "--global")
    world.run("git", "init", "--quiet")
    assert world.run("git", "check-attr", "merge", "x.secret.yaml").endswith(b": sopsmith\n")
    assert b"sopsmith git" in world.run("git", "config", "diff.sopsmith.textconv")
    assert not (world.work / ".git/hooks/pre-commit").exists()
    assert world.attempt("sopsmith", "git", "install", "--global").stderr.startswith(b"nothing")


def test_a_folder_of_hooks_in_the_worktree_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    world.run("git", "config", "core.hooksPath", ".husky")
    said = world.attempt("sopsmith", "git", "install").stderr
    assert b"let its pre-commit call `sopsmith git pre-commit`" in said
    assert not (world.work / ".husky").exists()


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    done = world.attempt("sopsmith", "git", "install")
    assert done.returncode == 2
    assert b"not in a git repository" in done.stderr


def test_a_repository_of_init_is_set_up_without_a_change_of_its_files(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    world.run("sopsmith", "init", ".")
    before = (world.work / ".gitattributes").read_bytes()
    world.run("sopsmith", "git", "install")
    assert (world.work / ".gitattributes").read_bytes() == before
