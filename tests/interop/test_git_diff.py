"""Real git shows diffs of encrypted files that say what changed and hold no value."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.git_world import CANARY, NAME, TEXT, Repository

USER = (f"{CANARY}-bob", f"{CANARY}-rob")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.save(made.lock(TEXT), "base")
    return made


def changed(diff: str) -> list[str]:
    """Return the lines that a diff takes away and adds, without signs and times."""
    lines = [
        line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")
    ]
    return [line.split("#")[0].strip() for line in lines if "last modified" not in line]


def test_a_diff_shows_which_value_changed_and_no_value(repo: Repository) -> None:
    repo.edit(USER)
    shown = repo.git("diff", "HEAD~1")
    size = len(USER[0])
    assert changed(shown) == [
        f"-  user: <str {size} bytes",
        f"+  user: <str {size} bytes",
    ]
    assert CANARY not in shown
    assert "ENC[" not in shown


def test_a_log_shows_the_same_without_an_identity(repo: Repository) -> None:
    repo.edit(USER)
    with_identity = repo.git("log", "-p")
    repo.keys_file.unlink()
    assert repo.git("log", "-p") == with_identity
    assert CANARY not in with_identity


def test_a_diff_shows_a_recipient_that_came(repo: Repository) -> None:
    repo.set_recipients(repo.recipient, repo.other)
    shown = repo.git("diff", "HEAD~1")
    assert f"+#   age {repo.other} #" in shown
    assert changed(shown) == ["+"]


def test_a_rotation_renews_every_sign_unless_signs_are_of_values(repo: Repository) -> None:
    repo.edit(USER)
    repo.rotate()
    assert "-  password: <" in repo.git("diff", "HEAD~1")
    repo.git("config", "sopsmith.byValue", "true")
    assert "password" not in "".join(changed(repo.git("diff", "HEAD~1")))
    assert "-  user: <" in repo.git("diff", "HEAD~2")


def test_a_holder_of_an_identity_can_see_values(repo: Repository) -> None:
    repo.edit(USER)
    repo.git("config", "sopsmith.reveal", "true")
    shown = repo.git("diff", "HEAD~1")
    assert f"-  user: {USER[0]}\n+  user: {USER[1]}\n" in shown
    assert CANARY.encode() not in repo.everything()
    repo.keys_file.unlink()
    assert CANARY not in repo.git("diff", "HEAD~1")


def test_a_conflict_is_shown_masked(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit((f"{CANARY}-bob", f"{CANARY}-tom"))
    repo.checkout("main")
    repo.edit(USER)
    assert repo.try_git("merge", "topic").returncode == 1
    shown = repo.git("diff")
    assert "ENC[" not in shown
    assert "++<<<<<<< ours (sopsmith)" in shown


def test_equal_values_have_signs_that_differ(repo: Repository) -> None:
    repo.save(repo.lock(f"data:\n- {CANARY}\n- {CANARY}\n"), "equal")
    for mode in ("false", "true"):
        repo.git("config", "sopsmith.byValue", mode)
        shown = repo.run("sopsmith", "git", "textconv", NAME).decode()
        signs = [line for line in shown.splitlines() if line.startswith("- ")]
        assert len(set(signs)) == 2


def test_a_file_that_is_not_encrypted_passes_through(repo: Repository) -> None:
    plain = b"a: ENC[AES256_GCM,data:x]\r\n\xff\n"
    (repo.work / "plain.secret.yaml").write_bytes(plain)
    assert repo.run("sopsmith", "git", "textconv", "plain.secret.yaml") == plain


def test_a_damaged_file_is_shown_masked(repo: Repository) -> None:
    data = (repo.work / NAME).read_bytes() + b"x: [\n"
    (repo.work / "broken.secret.yaml").write_bytes(data)
    shown = repo.run("sopsmith", "git", "textconv", "broken.secret.yaml")
    assert b"ENC[" not in shown
    assert b"x: [" in shown
