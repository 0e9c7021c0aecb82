"""A set of files is replaced together."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sopsmith.adapters.file_set import FileSets, replace_files
from sopsmith.errors import OutsideError


def put(*files: tuple[Path, bytes]) -> None:
    replace_files([(str(path), data) for path, data in files])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_made_and_replaced_with_nothing_left_beside_them(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")
    put((old, b"2"), (tmp_path / "deep/er/new", b"3"))
    assert (old.read_bytes(), (tmp_path / "deep/er/new").read_bytes()) == (b"2", b"3")
    assert names(tmp_path) == ["deep", "old"]
    assert names(tmp_path / "deep/er") == ["new"]


def test_a_mode_is_kept_and_a_new_file_is_readable(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")
    old.chmod(0o600)
    put((old, b"2"), (tmp_path / "new", b"3"))
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")]
    assert modes == [0o600, 0o644]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"1")
    link = tmp_path / "link"
    link.symlink_to("target")
    put((link, b"2"))
    assert link.is_symlink()
    assert target.read_bytes() == b"2"


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")
    with pytest.raises(OutsideError, match="blocked"):
        put((old, b"2"), (tmp_path / "old/blocked", b"3"))
    assert old.read_bytes() == b"1"
    assert names(tmp_path) == ["old"]


def test_renames_keep_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutsideError, match="folder"):
        put((tmp_path / "z", b"1"), (tmp_path / "folder", b"2"), (tmp_path / "a", b"3"))
    assert names(tmp_path) == ["folder", "z"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    for name, age in ((".x.000000000000.set-new", 61), (".y.000000000000.set-new", 0)):
        (tmp_path / name).write_bytes(b"")
        moment = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (moment, moment))
    put((tmp_path / "new", b"1"))
    assert names(tmp_path) == [".y.000000000000.set-new", "new"]


def test_what_was_staged_takes_its_place_only_when_it_is_replaced(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")
    files, data = FileSets(), b"2"
    files.stage(str(old), data)
    assert (old.read_bytes(), len(names(tmp_path))) == (b"1", 2)
    files.replace([(str(old), data)])
    assert (old.read_bytes(), names(tmp_path)) == (b"2", ["old"])


def test_what_was_staged_and_not_asked_for_is_taken_away(tmp_path: Path) -> None:
    files = FileSets()
    for name in ("a", "b"):
        files.stage(str(tmp_path / name), b"1")
    files.replace([(str(tmp_path / "c"), b"2")])
    assert names(tmp_path) == ["c"]
    files.stage(str(tmp_path / "d"), b"3")
    files.drop()
    assert names(tmp_path) == ["c"]


def test_other_bytes_than_those_staged_are_the_ones_that_count(tmp_path: Path) -> None:
    files = FileSets()
    files.stage(str(tmp_path / "a"), b"1")
    files.replace([(str(tmp_path / "a"), b"2")])
    assert ((tmp_path / "a").read_bytes(), names(tmp_path)) == (b"2", ["a"])


def test_no_folder_is_made_for_what_may_be_dropped(tmp_path: Path) -> None:
    files, data = FileSets(), b"1"
    files.stage(str(tmp_path / "deep/a"), data)
    assert names(tmp_path) == []
    files.replace([(str(tmp_path / "deep/a"), data)])
    assert names(tmp_path / "deep") == ["a"]


def test_a_disk_that_refuses_leaves_all_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"1")

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutsideError, match="no space left"):
        put((old, b"2"), (tmp_path / "new", b"3"))
    assert (old.read_bytes(), names(tmp_path)) == (b"1", ["old"])
