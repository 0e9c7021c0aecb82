"""Real git merges, rebases and picks encrypted files through the driver."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.conftest import BINARIES, VERSIONS
from tests.interop.git_world import CANARY, NAME, NOW, TEXT, Repository

from sopsmith import age
from sopsmith.sops.document import Document


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.save(made.lock(TEXT), "base")
    return made


def fork(repo: Repository, ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    """Make one edit on `main` and another one on `topic`, and stand on main."""
    repo.branch("topic")
    repo.edit(theirs)
    repo.checkout("main")
    repo.edit(ours)


USER = (f"{CANARY}-bob", f"{CANARY}-rob")
OTHER_USER = (f"{CANARY}-bob", f"{CANARY}-tom")
PASSWORD = (f"{CANARY}-hunter2", f"{CANARY}-hunter3")
HOST = (f"{CANARY}-db1", f"{CANARY}-db2")


def changed(old: bytes, new: bytes) -> list[str]:
    return [
        line.split(":")[0].strip()
        for before, line in zip(old.decode().splitlines(), new.decode().splitlines(), strict=True)
        if before != line
    ]


def test_edits_of_different_values_merge_and_keep_every_token(repo: Repository) -> None:
    fork(repo, USER, PASSWORD)
    ours = (repo.work / NAME).read_bytes()
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD)
    merged = (repo.work / NAME).read_bytes()
    assert set(changed(ours, merged)) - {"lastmodified"} == {"password", "mac"}
    theirs = repo.run("git", "show", f"topic:{NAME}")
    assert set(changed(theirs, merged)) - {"lastmodified"} == {"user", "mac"}


def test_both_sides_add_different_keys_at_the_same_place(repo: Repository) -> None:
    end = "  ports:\n"
    fork(repo, (end, f"  one: {CANARY}-1\n{end}"), (end, f"  two: {CANARY}-2\n{end}"))
    repo.git("merge", "topic")
    expected = TEXT.replace(end, f"  one: {CANARY}-1\n  two: {CANARY}-2\n{end}")
    assert repo.text() == expected


def test_both_sides_add_items_to_different_places_of_a_list(repo: Repository) -> None:
    fork(repo, ("  - 1\n", "  - 0\n  - 1\n"), ("  - 2\n", "  - 2\n  - 3\n"))
    repo.git("merge", "topic")
    assert repo.text().endswith("  - 0\n  - 1\n  - 2\n  - 3\n")


def test_comments_of_both_sides_survive(repo: Repository) -> None:
    fork(repo, ("# who", "# who it is"), ("# where", "# where it is"))
    repo.git("merge", "topic")
    assert "# who it is\n" in repo.text()
    assert "# where it is\n" in repo.text()


def test_a_rebase_takes_the_edits_along(repo: Repository) -> None:
    fork(repo, USER, PASSWORD)
    repo.checkout("topic")
    repo.edit(HOST)
    repo.git("rebase", "main")
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD).replace(*HOST)


def test_a_cherry_pick_takes_one_edit(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(PASSWORD)
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(USER)
    repo.git("cherry-pick", "topic")
    assert repo.text() == TEXT.replace(*USER).replace(*HOST)


def test_a_revert_takes_one_edit_back(repo: Repository) -> None:
    repo.edit(PASSWORD)
    repo.edit(HOST)
    repo.git("revert", "--no-edit", "HEAD~1")
    assert repo.text() == TEXT.replace(*HOST)


def test_a_stash_is_put_on_another_edit(repo: Repository) -> None:
    opened = repo.open()
    new = opened.clear_text().replace(*PASSWORD).encode()
    (repo.work / NAME).write_bytes(opened.reencrypt(new, now=NOW))
    repo.git("stash")
    repo.edit(USER)
    repo.git("stash", "pop")
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD)


def test_histories_that_cross_merge(repo: Repository) -> None:
    fork(repo, USER, PASSWORD)
    repo.git("branch", "main-before")
    repo.git("merge", "topic")
    repo.checkout("topic")
    repo.git("merge", "main-before")
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(("  - 2\n", "  - 2\n  - 3\n"))
    repo.git("merge", "topic")
    expected = TEXT.replace(*USER).replace(*PASSWORD).replace(*HOST) + "  - 3\n"
    assert repo.text() == expected


def test_histories_that_cross_and_resolved_a_conflict_alike_merge(repo: Repository) -> None:
    fork(repo, USER, OTHER_USER)
    repo.git("branch", "main-before")
    assert repo.try_git("merge", "topic").returncode == 1
    repo.run("sopsmith", "git", "resolve", NAME, "--ours")
    repo.git("commit", "-am", "merged")
    repo.checkout("topic")
    assert repo.try_git("merge", "main-before").returncode == 1
    repo.run("sopsmith", "git", "resolve", NAME, "--theirs")
    repo.git("commit", "-am", "merged too")
    repo.edit(HOST)
    repo.checkout("main")
    repo.edit(PASSWORD)
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD).replace(*HOST)


def test_histories_that_cross_and_resolved_a_conflict_differently_conflict(
    repo: Repository,
) -> None:
    fork(repo, USER, OTHER_USER)
    repo.git("branch", "main-before")
    for branch, other in (("main", "topic"), ("topic", "main-before")):
        repo.checkout(branch)
        assert repo.try_git("merge", other).returncode == 1
        repo.run("sopsmith", "git", "resolve", NAME, "--ours")
        repo.git("commit", "-am", "merged")
    repo.checkout("main")
    done = repo.try_git("merge", "topic")
    assert done.returncode == 1
    assert b"stringData.user: both sides changed it" in done.stderr


def test_one_side_rotates(repo: Repository) -> None:
    repo.branch("topic")
    repo.rotate()
    repo.checkout("main")
    repo.edit(USER)
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER)
    theirs = Document.parse(repo.run("git", "show", f"topic:{NAME}"), "yaml", path=NAME)
    assert repo.open().data_key == theirs.unlock(repo.keyring).data_key


def test_both_sides_rotate_and_edit(repo: Repository) -> None:
    repo.branch("topic")
    repo.edit(PASSWORD)
    repo.rotate()
    repo.checkout("main")
    repo.edit(USER)
    repo.rotate()
    key = repo.open().data_key
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD)
    assert repo.open().data_key == key


def test_a_recipient_that_one_side_added_is_there(repo: Repository) -> None:
    repo.branch("topic")
    repo.set_recipients(repo.recipient, repo.other)
    stanzas = {one.name: one.enc for one in repo.open().metadata.stanzas}
    repo.checkout("main")
    repo.edit(USER)
    repo.git("merge", "topic")
    assert repo.text() == TEXT.replace(*USER)
    assert {one.name: one.enc for one in repo.open().metadata.stanzas} == stanzas


def test_recipients_that_both_sides_added_are_there(repo: Repository) -> None:
    third = age.generate()[1]
    repo.branch("topic")
    repo.set_recipients(repo.recipient, repo.other)
    repo.checkout("main")
    repo.set_recipients(repo.recipient, third)
    repo.git("merge", "topic")
    assert set(repo.open().metadata.recipients) == {repo.recipient, third, repo.other}
    assert repo.text() == TEXT


def test_a_recipient_that_one_side_removed_with_a_rotation_stays_out(repo: Repository) -> None:
    repo.set_recipients(repo.recipient, repo.other)
    repo.branch("topic")
    repo.set_recipients(repo.recipient)
    repo.rotate()
    repo.checkout("main")
    repo.rotate()
    known = repo.open().data_key
    repo.git("merge", "topic")
    assert repo.open().metadata.recipients == [repo.recipient]
    assert repo.open().data_key != known


def test_a_merge_without_an_identity_takes_recipients_to_values(repo: Repository) -> None:
    repo.branch("topic")
    repo.set_recipients(repo.recipient, repo.other)
    repo.checkout("main")
    repo.edit(USER)
    keys = repo.keys_file.read_bytes()
    repo.keys_file.unlink()
    repo.git("merge", "topic")
    repo.keys_file.write_bytes(keys)
    assert repo.text() == TEXT.replace(*USER)
    assert repo.open().metadata.recipients == [repo.recipient, repo.other]


def test_a_merge_of_values_without_an_identity_leaves_both_sides_alone(repo: Repository) -> None:
    fork(repo, USER, PASSWORD)
    ours = (repo.work / NAME).read_bytes()
    keys = repo.keys_file.read_bytes()
    repo.keys_file.unlink()
    done = repo.try_git("merge", "topic")
    assert done.returncode == 1
    assert b"no identity at hand" in done.stderr
    assert (repo.work / NAME).read_bytes() == ours
    repo.keys_file.write_bytes(keys)
    repo.run("sopsmith", "git", "resolve", NAME)
    assert repo.text() == TEXT.replace(*USER).replace(*PASSWORD)


def test_a_side_that_was_tampered_with_is_not_merged(repo: Repository) -> None:
    fork(repo, USER, PASSWORD)
    repo.checkout("topic")
    data = (repo.work / NAME).read_bytes().replace(b"kind: Secret", b"kind: Secrets")
    repo.save(data, "tamper")
    repo.checkout("main")
    ours = (repo.work / NAME).read_bytes()
    done = repo.try_git("merge", "topic")
    assert done.returncode == 1
    assert b"MAC" in done.stderr
    assert (repo.work / NAME).read_bytes() == ours


def test_json_merges(repo: Repository) -> None:
    name = "x.secret.json"
    text = '{\n  "data": {\n    "a": "1",\n    "b": "2"\n  }\n}\n'
    repo.run("sopsmith", "git", "install", "*.secret.json")
    repo.git("add", ".gitattributes")
    repo.save(repo.lock(text, name=name), "json", name)
    repo.branch("json")
    repo.edit(('"b": "2"', '"b": "2",\n    "c": "3"'), name=name)
    repo.checkout("main")
    repo.edit(('"b": "2"', '"b": "4",\n    "d": "5"'), name=name)
    repo.git("merge", "json")
    assert repo.open(name).objects() == [{"data": {"a": "1", "b": "4", "c": "3", "d": "5"}}]


def test_both_sides_add_the_same_file(repo: Repository) -> None:
    name = "new.secret.yaml"
    repo.branch("topic")
    repo.save(repo.lock("data:\n  a: 1\n  b: 2\n"), "theirs", name)
    repo.checkout("main")
    repo.save(repo.lock("data:\n  a: 1\n  c: 3\n"), "ours", name)
    repo.git("merge", "topic")
    assert repo.open(name).objects() == [{"data": {"a": 1, "b": 2, "c": 3}}]


def test_a_file_that_is_not_encrypted_merges_by_lines(repo: Repository) -> None:
    name = "plain.secret.yaml"
    repo.git("config", "core.hooksPath", "/dev/null")
    repo.save(b"a: 1\n\n\n\nb: 2\n", "plain", name)
    repo.branch("topic")
    repo.save(b"a: 1\n\n\n\nb: 3\n", "theirs", name)
    repo.checkout("main")
    repo.save(b"a: 4\n\n\n\nb: 2\n", "ours", name)
    repo.git("merge", "topic")
    assert (repo.work / name).read_bytes() == b"a: 4\n\n\n\nb: 3\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_real_sops_opens_what_was_merged(repo: Repository, version: str) -> None:
    binary = BINARIES[version]
    if not binary.exists():
        pytest.skip("no such sops here; `make e2e` builds it")
    fork(repo, USER, PASSWORD)
    repo.git("merge", "topic")
    opened = repo.run(str(binary), "decrypt", "--extract", '["stringData"]["password"]', NAME)
    assert opened.decode() == PASSWORD[1]
