"""One process at a time changes a file of identities."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.key_lock import lock_keys
from sopsmith.errors import Conflict, OutsideError


def test_a_second_one_waits_and_then_says_who_is_in_the_way(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.txt")
    with (
        lock_keys(path),
        pytest.raises(Conflict, match="another process is changing it"),
        lock_keys(path, wait=0),
    ):
        pass


def test_the_lock_is_let_go_even_after_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.txt")
    with pytest.raises(ZeroDivisionError), lock_keys(path):
        raise ZeroDivisionError
    with lock_keys(path, wait=0):
        pass


def test_folders_and_lock_are_for_the_owner_alone(tmp_path: Path) -> None:
    with lock_keys(str(tmp_path / "sops" / "age" / "keys.txt")):
        pass
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"sops": 0o700, "age": 0o700, "keys.txt.lock": 0o600}


def test_the_lock_of_a_link_is_its_target_s(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "keys.txt")
    with (
        lock_keys(str(tmp_path / "link")),
        pytest.raises(Conflict),
        lock_keys(str(tmp_path / "keys.txt"), wait=0),
    ):
        pass


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "keys.txt.lock").symlink_to(elsewhere)
    with pytest.raises(OutsideError), lock_keys(str(tmp_path / "keys.txt")):
        pass
    assert not elsewhere.exists()
