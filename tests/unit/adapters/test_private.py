"""Files for identities, and the folders made for them, are their owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sopsmith.adapters.private import PrivateFiles, create_private, is_open_to_others
from sopsmith.errors import Conflict, OutsideError


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_and_its_folders_are_private(tmp_path: Path) -> None:
    target = tmp_path / "sops" / "age" / "keys.txt"
    PrivateFiles().write(str(target), b"x")
    modes = [mode(path) for path in (target, target.parent, target.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_folders_that_stand_keep_their_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    PrivateFiles().write(str(tmp_path / "keys.txt"), b"x")
    assert mode(tmp_path) == 0o755


def test_a_link_to_a_missing_folder_makes_what_it_leads_to_private(tmp_path: Path) -> None:
    (tmp_path / "age").symlink_to(tmp_path / "real")
    PrivateFiles().write(str(tmp_path / "age" / "keys.txt"), b"x")
    assert mode(tmp_path / "real") == 0o700


def test_a_file_in_a_folder_s_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "age").write_bytes(b"")
    with pytest.raises(OutsideError):
        PrivateFiles().write(str(tmp_path / "age" / "keys.txt"), b"x")


def test_a_file_that_others_can_read_is_seen(tmp_path: Path) -> None:
    target = tmp_path / "keys.txt"
    target.write_bytes(b"")
    target.chmod(0o640)
    assert is_open_to_others(str(target))


def test_a_private_file_and_a_missing_one_are_not_open(tmp_path: Path) -> None:
    target = tmp_path / "keys.txt"
    PrivateFiles().write(str(target), b"x")
    assert not is_open_to_others(str(target))
    assert not is_open_to_others(str(tmp_path / "none"))


def test_a_file_that_must_be_new_is_for_its_owner_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "recovery.txt"
    create_private(str(path), b"one")
    assert mode(path) == 0o600
    with pytest.raises(Conflict):
        create_private(str(path), b"two")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict):
        create_private(str(tmp_path / "link"), b"two")
    assert path.read_bytes() == b"one"
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_left_of_a_new_file_that_could_not_be_written_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="no space left"):
        create_private(str(tmp_path / "a"), b"secret")
    assert list(tmp_path.iterdir()) == []
