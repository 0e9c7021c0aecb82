"""A tree gives its files in path order, each once, without what is not the repository's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.world import World

from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import PEEK, LocalTrees
from sopsmith.errors import NotThere, OutsideError


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "b/2", "b/1", "b/x/3", "a.txt", "c/.git/config", "c/node_modules/x/y")
    return tmp_path


def test_files_come_in_path_order(root: Path) -> None:
    assert list(LocalTrees().walk((".",))) == ["a.txt", "b/1", "b/2", "b/x/3"]


def test_a_path_under_another_one_is_not_walked_twice(root: Path) -> None:
    paths = ("b/x", str(root / "b"), "b/1", "a.txt", "./a.txt")
    found = [os.path.relpath(path) for path in LocalTrees().walk(paths)]
    assert sorted(found) == ["a.txt", "b/1", "b/2", "b/x/3"]


def test_a_named_folder_is_walked_whatever_its_name(root: Path) -> None:
    assert list(LocalTrees().walk(("c/.git",))) == ["c/.git/config"]


def test_links_are_followed_only_where_they_are_named(root: Path) -> None:
    (root / "c/link").symlink_to(root / "b")
    assert list(LocalTrees().walk(("c",))) == []
    assert list(LocalTrees().walk(("c/link",))) == ["c/link/1", "c/link/2", "c/link/x/3"]


def test_what_is_not_there_is_an_error(root: Path) -> None:
    with pytest.raises(NotThere, match="nowhere: no such file or folder"):
        list(LocalTrees().walk(("nowhere",)))


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert "pipe" not in list(LocalTrees().walk((".",)))
    with pytest.raises(OutsideError, match="neither a file nor a folder"):
        list(LocalTrees().walk(("pipe",)))


def test_what_git_ignores_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    put(world.work, ".gitignore", "kept/1", "out/1", "out/deep/2", "kept/x.log")
    (world.work / ".gitignore").write_text("out/\n*.log\n")
    trees = LocalTrees(LocalPrograms())
    folder = str(world.work)
    found = [os.path.relpath(path, folder) for path in trees.walk((folder,))]
    assert found == [".gitignore", "kept/1"]
    assert list(trees.walk((f"{folder}/kept/x.log",))) == [f"{folder}/kept/x.log"]


def test_a_small_file_is_seen_whole_and_a_large_one_at_both_ends(root: Path) -> None:
    assert LocalTrees().peek("a.txt") == (b"a.txt", b"a.txt", 5)
    (root / "large").write_bytes(b"a" * PEEK + b"b" * PEEK + b"c")
    head, tail, size = LocalTrees().peek("large")
    assert (head, tail, size) == (b"a" * PEEK, b"b" * (PEEK - 1) + b"c", 2 * PEEK + 1)


def test_a_temporary_file_that_a_kill_has_left_is_no_file_of_the_tree(root: Path) -> None:
    put(root, "b/.1.json.0a1b2c.set-new")
    assert list(LocalTrees().walk(("b",))) == ["b/1", "b/2", "b/x/3"]
