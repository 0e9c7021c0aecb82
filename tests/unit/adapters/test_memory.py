"""A plaintext is put only where memory holds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sopsmith.adapters import memory
from sopsmith.adapters.memory import find_memory, is_memory, private_folder
from sopsmith.errors import OutsideError

LINE = "{} 1 0:1 / {} rw,nosuid - {} none rw\n"


def mounts(tmp_path: Path, *points: tuple[str, str]) -> str:
    """Return a table of mounts: (point, type)."""
    path = tmp_path / "mountinfo"
    path.write_text("".join(LINE.format(number, *one) for number, one in enumerate(points)))
    return str(path)


def test_a_folder_counts_by_the_innermost_mount(tmp_path: Path) -> None:
    run = tmp_path / "run time"
    run.mkdir()
    escaped = str(run).replace(" ", "\\040")
    table = mounts(tmp_path, ("/", "ext4"), ("/dev/shm", "ext4"), (escaped, "tmpfs"))
    assert find_memory(str(run), table) == str(run)


def test_no_mount_in_memory_means_no_folder(tmp_path: Path) -> None:
    assert find_memory(str(tmp_path), mounts(tmp_path, ("/", "ext4"))) is None
    assert find_memory("", str(tmp_path / "none")) is None


def test_of_two_mounts_at_one_point_the_later_counts(tmp_path: Path) -> None:
    table = mounts(tmp_path, ("/", "ext4"), ("/dev/shm", "tmpfs"), ("/dev/shm", "ext4"))
    assert find_memory("", table) is None


def test_a_disk_is_refused_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "find_memory", lambda _runtime: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(OutsideError, match="no file system in memory"),
        private_folder(allow_disk=False),
    ):
        pass
    with private_folder(allow_disk=True) as folder:
        assert os.path.dirname(folder) == str(tmp_path)
        assert os.stat(folder).st_mode & 0o777 == 0o700


def test_a_folder_that_must_be_in_memory_is_taken_or_refused(tmp_path: Path) -> None:
    with private_folder(allow_disk=False, only="/dev/shm") as folder:
        assert os.path.dirname(folder) == "/dev/shm"
    table = mounts(tmp_path, ("/", "ext4"), (str(tmp_path), "tmpfs"))
    assert is_memory(str(tmp_path), table)
    assert not is_memory(str(tmp_path / "none"), table)
    with (
        pytest.raises(OutsideError, match="not on a file system in memory"),
        private_folder(allow_disk=True, only="/proc"),
    ):
        pass


def test_a_folder_goes_when_what_was_done_in_it_fails() -> None:
    with pytest.raises(ValueError, match="x"), private_folder(allow_disk=True) as folder:
        Path(folder, "f").write_text("secret")
        raise ValueError("x")
    assert not os.path.exists(folder)
