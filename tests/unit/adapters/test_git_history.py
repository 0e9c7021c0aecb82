"""The past of a real repository: every version on every ref, once and in order."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.past import Past

from sopsmith.adapters import git_history
from sopsmith.adapters.git_history import GitHistory
from sopsmith.errors import OutsideError, UsageError


def contents(history: GitHistory, since: str = "") -> list[list[tuple[str, bytes, bytes]]]:
    """Return path and bytes before and after of each change, by commit, newest first."""
    return [
        [(one.path, read(history, one.before), read(history, one.after)) for one in step.changes]
        for step in history.steps(since)
    ]


def read(history: GitHistory, name: str) -> bytes:
    return next(data or b"" for _, data in history.read([name])) if name else b""


def git(folder: Path, *argv: str) -> str:
    return subprocess.run(
        ("git", *argv), cwd=folder, check=True, capture_output=True
    ).stdout.decode()


def test_versions_come_newest_first_with_what_was_before_them(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    past.commit({"a": b"1"})
    past.commit({"a": b"2", "b\nc": b"x"})
    past.commit({"a": None, "d/a": b"2"})
    with GitHistory(str(past.write())) as history:
        assert contents(history) == [
            [("a", b"2", b""), ("d/a", b"", b"2")],
            [("a", b"1", b"2"), ("b\nc", b"", b"x")],
            [("a", b"", b"1")],
        ]
        assert sorted(history.files()) == ["b\nc", "d/a"]


def test_a_merge_shows_what_equals_none_of_its_parents(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    first = past.commit({"a": b"1", "b": b"1"})
    side = past.commit({"a": b"side"}, "side", parents=(first,))
    main = past.commit({"a": b"main", "b": b"2"})
    past.commit({"a": b"evil"}, parents=(main, side))
    with GitHistory(str(past.write())) as history:
        assert contents(history)[0] == [("a", b"main", b"evil")]


def test_what_only_another_branch_or_the_reflog_has_is_seen(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    first = past.commit({"a": b"1"})
    past.commit({"x": b"branch"}, "other", parents=(first,))
    folder = past.write()
    identity = ("-c", "user.name=a", "-c", "user.email=b")
    (folder / "a").write_bytes(b"dropped")
    git(folder, *identity, "commit", "--quiet", "--all", "--message=x")
    git(folder, "reset", "--quiet", "--hard", "HEAD~1")
    with GitHistory(str(folder)) as history:
        seen = {after for step in contents(history) for _, _, after in step}
    assert seen == {b"1", b"branch", b"dropped"}


def test_no_commit_comes_before_its_children_whatever_their_clocks_say(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    first = past.commit({"a": b"1"}, minute=90)
    past.commit({"a": b"2"}, "side", parents=(first,), minute=5)
    with GitHistory(str(past.write())) as history:
        assert [after for ((_, _, after),) in contents(history)] == [b"2", b"1"]


def test_links_and_submodules_have_no_content(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    past.commit({"a": b"1"})
    folder = past.write()
    (folder / "a").unlink()
    (folder / "a").symlink_to("elsewhere")
    git(folder, "-c", "user.name=a", "-c", "user.email=b", "commit", "-qam", "x")
    with GitHistory(str(folder)) as history:
        assert contents(history)[0] == [("a", b"1", b"")]
        assert history.files() == {}


def test_since_takes_a_revision_or_a_date_and_nothing_else(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    for number in range(3):
        past.commit({"a": b"%d" % number})
    with GitHistory(str(past.write())) as history:
        assert len(contents(history, "HEAD~1")) == 1
        assert len(contents(history, "2023-11-14 22:14:50Z")) == 2
        for odd in ("yesteryear", "--all", "HEAD~9", "-1"):
            with pytest.raises(UsageError):
                contents(history, odd)


def test_a_reader_who_stops_early_does_not_shift_later_answers(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    past.commit({str(number): b"%d" % number for number in range(200)})
    with GitHistory(str(past.write())) as history:
        names = list(history.files().values())
        assert read(history, names[0]) == next(d for _, d in history.read(iter(names)))
        whole = list(history.read(names))
        assert [name for name, _ in whole] == names
        assert sorted(int(data or b"") for _, data in whole) == list(range(200))


def test_an_object_that_is_too_large_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Past(tmp_path / "r")
    past.commit({"a": b"x" * 70_000, "b": b"x"})
    monkeypatch.setattr(git_history, "MAX_SIZE", 10)
    with GitHistory(str(past.write())) as history:
        read_now = dict(history.read(history.files().values()))
    assert list(read_now.values()) == [None, b"x"]


def test_a_missing_object_and_a_shallow_clone_are_refused(tmp_path: Path) -> None:
    past = Past(tmp_path / "r")
    past.commit({"a": b"1"})
    past.commit({"a": b"2"})
    folder = past.write()
    with GitHistory(str(folder)) as history, pytest.raises(OutsideError):
        list(history.read(["0" * 39 + "1"]))
    git(tmp_path, "clone", "--quiet", "--depth=1", folder.as_uri(), "shallow")
    with pytest.raises(OutsideError) as refused:
        GitHistory(str(tmp_path / "shallow"))
    assert refused.value.hint == "git fetch --unshallow"


def test_a_repository_before_its_first_commit_and_no_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "r")
    (tmp_path / "r" / "below").mkdir()
    with GitHistory(str(tmp_path / "r" / "below")) as history:
        assert (list(history.steps()), history.files(), history.prefix) == ([], {}, "below/")
    with pytest.raises(OutsideError):
        GitHistory(str(tmp_path))
