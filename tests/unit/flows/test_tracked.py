"""Git is asked about a `.env` only where it could say yes."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import FakePrograms, MemoryFiles

from sopsmith.flows.tracked import is_tracked


def asked(index: bytes | None, path: str = "/a/b/.env", code: int | None = 0) -> tuple[bool, int]:
    """Return the answer and how often git was started."""
    files, programs = MemoryFiles(), FakePrograms(code)
    if index is not None:
        files.held["/a/.git/index"] = index
    return is_tracked(path, files, programs), len(programs.ran)


@pytest.mark.parametrize(
    "index",
    [
        b"DIRC\0\0\0\2 b/.env\0",
        b"DIRC\0\0\0\3 b/.env\0",
        b"DIRC\0\0\0\4 nv\0",
        b"DIRC\0\0\0\2 link",
        b"another format",
    ],
)
def test_git_is_asked_where_its_index_may_name_the_file(index: bytes) -> None:
    assert asked(index) == (True, 1)


@pytest.mark.parametrize("index", [None, b"DIRC\0\0\0\2 b/.env.example\0"])
def test_git_is_not_asked_where_it_cannot_know_the_file(index: bytes | None) -> None:
    assert asked(index) == (False, 0)


def test_a_worktree_without_an_index_of_its_own_is_asked_about() -> None:
    files, programs = MemoryFiles(), FakePrograms(0)
    files.held["/a/.git"] = b"gitdir: elsewhere"
    assert is_tracked("/a/.env", files, programs)


def test_nothing_is_tracked_before_the_first_add() -> None:
    files, programs = MemoryFiles(), FakePrograms(0)
    files.held["/a/.git/HEAD"] = b"ref"
    assert not is_tracked("/a/.env", files, programs)
    assert not programs.ran


def test_git_says_no_by_its_exit_code() -> None:
    assert asked(b"DIRC\0\0\0\2 b/.env\0", code=1) == (False, 1)


def test_without_git_nothing_is_tracked() -> None:
    assert asked(b"DIRC\0\0\0\2 b/.env\0", code=None) == (False, 0)


def test_git_is_run_in_the_folder_of_the_file() -> None:
    files, programs = MemoryFiles(), FakePrograms(0)
    files.held["/a/.git/index"] = b"DIRC\0\0\0\2 b/-x\0"
    assert is_tracked("/a/b/-x", files, programs)
    assert programs.ran == [(["git", "ls-files", "--error-unmatch", "--", "-x"], "/a/b")]
