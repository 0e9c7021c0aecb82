"""What both sides changed is left encrypted in the file, and resolved without a trace in clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.git_world import CANARY, NAME, TEXT, Repository

from sopsmith.sops.document import Document
from sopsmith.sops.merging import markers

USER = (f"{CANARY}-bob", f"{CANARY}-rob")
OTHER_USER = (f"{CANARY}-bob", f"{CANARY}-tom")
PASSWORD = (f"{CANARY}-hunter2", f"{CANARY}-hunter3")
HOST = (f"{CANARY}-db1", f"{CANARY}-db2")
_HOST_LINE = f"  host: {CANARY}-db1  # where\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.save(made.lock(TEXT), "base")
    return made


@pytest.fixture
def conflict(repo: Repository) -> Repository:
    """A merge in which both changed the user, we the password and they the host."""
    repo.branch("topic")
    repo.edit(OTHER_USER, HOST)
    repo.checkout("main")
    repo.edit(USER, PASSWORD)
    done = repo.try_git("merge", "topic")
    assert done.returncode == 1
    assert b"db.secret.yaml: stringData.user: both sides changed it" in done.stderr
    assert CANARY.encode() not in done.stderr + done.stdout
    return repo


def sides(repo: Repository) -> tuple[str, str]:
    """Return the plaintexts of both sides of the conflicted file, MACs verified."""
    found = markers.split((repo.work / NAME).read_text())
    assert found
    one, other = (
        Document.parse(side.encode(), "yaml", path=NAME).unlock(repo.keyring).clear_text()
        for side in found
    )
    return one, other


def test_each_side_of_a_conflict_is_a_whole_file_with_the_rest_merged(
    conflict: Repository,
) -> None:
    rest = TEXT.replace(*PASSWORD).replace(*HOST)
    assert sides(conflict) == (rest.replace(*USER), rest.replace(*OTHER_USER))


def test_a_conflict_marks_the_value_and_the_signature_alone(conflict: Repository) -> None:
    lines = (conflict.work / NAME).read_text().splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("<<<<<<<")]
    hunks = [lines[index + 1].split(":")[0].strip() for index in starts]
    assert hunks[0] == "user"
    assert set(hunks[1:]) <= {"lastmodified", "mac"}


def test_a_conflict_leaves_nothing_in_clear(conflict: Repository) -> None:
    assert CANARY.encode() not in conflict.everything()
    conflict.git("stash", "list")
    conflict.run("sopsmith", "git", "resolve", NAME, "--ours")
    conflict.git("commit", "-am", "merged")
    conflict.git("gc", "--quiet")
    assert CANARY.encode() not in conflict.everything()


def test_a_conflicted_file_cannot_be_committed(conflict: Repository) -> None:
    done = conflict.try_git("commit", "-am", "too early")
    assert done.returncode == 1
    assert b"a merge conflict was never resolved" in done.stderr


@pytest.mark.parametrize(("side", "user"), [("--ours", USER), ("--theirs", OTHER_USER)])
def test_a_side_is_taken_and_the_rest_stays_merged(
    conflict: Repository, side: str, user: tuple[str, str]
) -> None:
    conflict.run("sopsmith", "git", "resolve", NAME, side)
    assert conflict.text() == TEXT.replace(*PASSWORD).replace(*HOST).replace(*user)


def test_a_side_is_taken_without_an_identity(conflict: Repository) -> None:
    keys = conflict.keys_file.read_bytes()
    conflict.keys_file.unlink()
    conflict.run("sopsmith", "git", "resolve", NAME, "--theirs")
    conflict.keys_file.write_bytes(keys)
    assert OTHER_USER[1] in conflict.text()


def test_sides_are_taken_place_by_place(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(OTHER_USER, (f"{CANARY}-db1", f"{CANARY}-db3"))
    repo.checkout("main")
    repo.edit(USER, HOST)
    assert repo.try_git("merge", "topic").returncode == 1
    done = repo.attempt("sopsmith", "git", "resolve", NAME, "--at", "stringData.user=theirs")
    assert done.returncode == 3
    assert b"stringData.host: no side is chosen" in done.stderr
    assert b"<<<<<<<" in (repo.work / NAME).read_bytes()
    places = ("--at", "stringData.user=theirs", "--at", "stringData.host=ours")
    repo.run("sopsmith", "git", "resolve", NAME, *places)
    assert repo.text() == TEXT.replace(*OTHER_USER).replace(*HOST)


def test_both_sides_are_edited_in_clear_without_a_trace(conflict: Repository) -> None:
    editor = conflict.home / "editor.sh"
    seen = conflict.home / "seen"
    editor.write_text(
        f"#!/bin/sh\ncp \"$1\" {seen}\nsed -i -e '/^[<=>]\\{{7\\}}/d' -e '/{CANARY}-rob/d' \"$1\"\n"
    )
    editor.chmod(0o755)
    conflict.run("sopsmith", "git", "resolve", NAME, EDITOR=str(editor))
    assert conflict.text() == TEXT.replace(*PASSWORD).replace(*HOST).replace(*OTHER_USER)
    shown = seen.read_text()
    assert f"<<<<<<< ours\n  user: {USER[1]}\n=======\n  user: {OTHER_USER[1]}\n" in shown
    assert CANARY.encode() not in conflict.everything()


def test_a_text_with_markers_left_in_it_is_not_taken(conflict: Repository) -> None:
    before = (conflict.work / NAME).read_bytes()
    done = conflict.attempt("sopsmith", "git", "resolve", NAME, EDITOR="true")
    assert done.returncode == 3
    assert b"there are still conflict markers" in done.stderr
    assert (conflict.work / NAME).read_bytes() == before


def test_a_union_keeps_items_of_both_sides(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(("  - 2\n", "  - 2\n  - 4\n"))
    repo.checkout("main")
    repo.edit(("  - 2\n", "  - 2\n  - 3\n"))
    assert repo.try_git("merge", "topic").returncode == 1
    repo.run("sopsmith", "git", "resolve", NAME, "--union")
    assert repo.text().endswith("  - 2\n  - 3\n  - 4\n")


def test_a_removed_key_that_the_other_side_changed_is_a_conflict(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit((_HOST_LINE, ""))
    repo.checkout("main")
    repo.edit(HOST)
    done = repo.try_git("merge", "topic")
    assert b"stringData.host: we changed it, they removed it" in done.stderr
    assert sides(repo) == (TEXT.replace(*HOST), TEXT.replace(_HOST_LINE, ""))


def test_a_file_that_was_removed_and_changed_is_gits_conflict(repo: Repository) -> None:
    repo.branch("topic")
    repo.git("rm", "--quiet", NAME)
    repo.git("commit", "-m", "remove")
    repo.checkout("main")
    repo.edit(USER)
    assert repo.try_git("merge", "topic").returncode == 1
    assert repo.text() == TEXT.replace(*USER)


def test_both_sides_that_added_a_file_conflict_where_it_differs(repo: Repository) -> None:
    name = "new.secret.yaml"
    repo.branch("topic")
    repo.save(repo.lock(f"data:\n  a: {CANARY}-1\n  b: 2\n"), "theirs", name)
    repo.checkout("main")
    repo.save(repo.lock(f"data:\n  a: {CANARY}-3\n  c: 3\n"), "ours", name)
    done = repo.try_git("merge", "topic")
    assert b"data.a: both sides added it" in done.stderr
    repo.run("sopsmith", "git", "resolve", name, "--theirs")
    assert repo.open(name).objects() == [{"data": {"a": f"{CANARY}-1", "b": 2, "c": 3}}]


def test_a_conflict_of_a_rebase_is_resolved_and_goes_on(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(OTHER_USER)
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(USER)
    repo.checkout("topic")
    assert repo.try_git("rebase", "main").returncode == 1
    repo.run("sopsmith", "git", "resolve", NAME, "--theirs")
    repo.git("add", NAME)
    repo.git("-c", "core.editor=true", "rebase", "--continue")
    assert repo.text() == TEXT.replace(*OTHER_USER).replace(*HOST)


def test_markers_of_gits_own_are_replaced_by_a_merge_of_values(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(USER)
    repo.git("config", "--remove-section", "merge.sopsmith")
    assert repo.try_git("merge", "topic").returncode == 1
    assert b"<<<<<<< HEAD" in (repo.work / NAME).read_bytes()
    repo.run("sopsmith", "git", "resolve", NAME)
    assert repo.text() == TEXT.replace(*USER).replace(*HOST)


def test_a_driver_that_is_killed_leaves_the_file_as_it_was(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(USER)
    ours = (repo.work / NAME).read_bytes()
    killed = repo.home / "killed.sh"
    # The shell that git starts dies with the driver, as it does when somebody kills both.
    killed.write_text(
        '#!/bin/sh\ndelay=$1; shift\nsopsmith git merge-driver "$@" &\n'
        "sleep $delay; kill -9 $!; kill -9 $$\n"
    )
    killed.chmod(0o755)
    for delay in ("0", "0.1", "0.2", "0.3"):
        driver = f"{killed} {delay} %O %A %B %P"
        done = repo.try_git("-c", f"merge.sopsmith.driver={driver}", "merge", "topic")
        assert done.returncode != 0
        repo.try_git("merge", "--abort")
        assert (repo.work / NAME).read_bytes() == ours
        assert repo.git("status", "--porcelain", "--untracked-files=no") == ""
    assert CANARY.encode() not in repo.everything()
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER).replace(*HOST)


def test_recipients_of_the_two_sides_are_joined_in_a_conflict_as_well(repo: Repository) -> None:
    repo.branch("topic")
    repo.set_recipients(repo.recipient, repo.other)
    repo.edit(OTHER_USER)
    repo.checkout("main")
    repo.edit(USER)
    assert repo.try_git("merge", "topic").returncode == 1
    repo.run("sopsmith", "git", "resolve", NAME, "--ours")
    assert repo.open().metadata.recipients == [repo.recipient, repo.other]
    assert repo.text() == TEXT.replace(*USER)


def test_a_side_that_nobody_here_opens_is_not_merged(repo: Repository) -> None:
    repo.branch("topic")
    repo.save(repo.lock(TEXT, repo.other), "foreign")
    repo.checkout("main")
    repo.edit(USER)
    ours = (repo.work / NAME).read_bytes()
    assert repo.try_git("merge", "topic").returncode == 1
    assert (repo.work / NAME).read_bytes() == ours
