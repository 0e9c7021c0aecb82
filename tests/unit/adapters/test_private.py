"""Files for identities, and the folders made for them, are their owner's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.errors import OutsideError


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
