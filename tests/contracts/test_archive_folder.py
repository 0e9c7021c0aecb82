"""A folder holds to the archive's contract, and stays whole when the disk does not."""

from __future__ import annotations

import errno
import os
import resource
import stat
from pathlib import Path

import pytest
from tests.contracts.archive import FIRST, SECOND, ArchiveContract

from sopsmith.adapters import archive_folder
from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.adapters.archives import open_archive, open_place
from sopsmith.adapters.environment import read_settings
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable
from sopsmith.ports import Archive
from sopsmith.repo.backup_settings import BackupSettings


class TestFolder(ArchiveContract):
    """The contract over a folder that somebody named."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        """Return an archive over a folder."""
        return open_archive(BackupSettings(store=f"file://{tmp_path}"), read_settings({}))


class TestOwnFolder(ArchiveContract):
    """The contract over the default folder, which does not exist before it is used."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        """Return the default archive of a new home."""
        return open_archive(BackupSettings(), read_settings({"HOME": str(tmp_path)}))


class TestWithoutLinks(TestFolder):
    """The contract where the file system has no hard links, as on memory sticks."""

    @pytest.fixture
    def archive(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
        """Return an archive over a folder whose system refuses link(2)."""

        def refuse(*args: object, **kwargs: object) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        return FolderArchive(str(tmp_path))


def test_files_are_their_owners_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    archive = open_archive(BackupSettings(), read_settings({"HOME": str(home)}))
    archive.create(FIRST, b"x")
    archive.replace("manifest.json", b"x")
    with pytest.raises(Conflict):
        archive.create(FIRST, b"y")
    folder = home / ".local/share/sopsmith/backups"
    assert sorted(os.listdir(folder)) == [FIRST, "manifest.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_named_folder_that_is_missing_is_never_an_empty_one(tmp_path: Path) -> None:
    archive = FolderArchive(str(tmp_path / "not-mounted"))
    for act in (archive.names, lambda: archive.find(FIRST), lambda: archive.create(FIRST, b"x")):
        with pytest.raises(NotThere, match="no such folder"):
            act()
    assert not (tmp_path / "not-mounted").exists()


def test_a_file_in_the_folders_place_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotThere, match="no such folder"):
        FolderArchive(str(tmp_path / "file"), ours=True).names()


def test_what_cannot_be_looked_at_is_no_absence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_bytes(b"")
    archive = open_archive(BackupSettings(), read_settings({"HOME": str(home)}))
    for act in (archive.names, lambda: archive.find(FIRST)):
        with pytest.raises(Unreachable, match="not a directory"):
            act()
    with pytest.raises(Unreachable, match="not a directory"):
        open_place(BackupSettings(), read_settings({"HOME": str(home)})).exists()


def test_what_a_killed_run_left_is_no_object(tmp_path: Path) -> None:
    archive = FolderArchive(str(tmp_path))
    archive.create(FIRST, b"first")
    (tmp_path / f".{SECOND}.0123456789ab.new").write_bytes(b"half")
    assert archive.names() == [FIRST]
    archive.create(SECOND, b"second")
    assert archive.find(SECOND) == b"second"


def test_a_link_to_nothing_is_taken_and_no_absence(tmp_path: Path) -> None:
    (tmp_path / FIRST).symlink_to("gone")
    archive = FolderArchive(str(tmp_path))
    with pytest.raises(OutsideError, match="a link to nothing"):
        archive.find(FIRST)
    with pytest.raises(Conflict):
        archive.create(FIRST, b"x")
    assert not (tmp_path / "gone").exists()


def test_a_file_that_gives_less_than_its_size_is_no_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = FolderArchive(str(tmp_path))
    archive.create(FIRST, b"first")
    seen = os.stat_result((stat.S_IFREG, 0, 0, 0, 0, 0, 99, 0, 0, 0))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: seen)
        with pytest.raises(Unreachable, match="gave 5 bytes of 99"):
            archive.find(FIRST)


def test_a_pipe_is_no_object(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FIRST)
    with pytest.raises(OutsideError, match="is no file"):
        FolderArchive(str(tmp_path)).find(FIRST)


@pytest.mark.parametrize("act", ["create", "replace"])
def test_a_full_disk_stores_nothing_and_keeps_what_stands(tmp_path: Path, act: str) -> None:
    archive = FolderArchive(str(tmp_path))
    archive.create(FIRST, b"first")
    archive.replace("manifest.json", b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OutsideError, match="too large") as caught:
            getattr(archive, act)(SECOND if act == "create" else "manifest.json", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "nothing was stored" in (caught.value.hint or "")
    assert (archive.find(FIRST), archive.find("manifest.json")) == (b"first", b"old")
    assert sorted(os.listdir(tmp_path)) == [FIRST, "manifest.json"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.EACCES, Denied),
        (errno.EROFS, Denied),
        (errno.EIO, Unreachable),
        (errno.ESTALE, Unreachable),
        (errno.ENOSPC, OutsideError),
    ],
)
def test_what_the_system_says_has_its_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[OutsideError]
) -> None:
    archive = FolderArchive(str(tmp_path))
    archive.create(FIRST, b"first")

    def fail(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OutsideError) as caught:
            archive.create(SECOND, b"second")
    assert type(caught.value) is kind
    assert archive.names() == [FIRST]
    assert archive.find(FIRST) == b"first"


@pytest.mark.parametrize(
    ("moment", "stored"), [("write", False), ("fsync", False), ("link", False), ("unlink", True)]
)
def test_a_run_that_is_killed_leaves_the_whole_object_or_none(
    tmp_path: Path, moment: str, stored: bool
) -> None:
    archive = FolderArchive(str(tmp_path))
    archive.create(FIRST, b"first")
    child = os.fork()
    if not child:
        # The call before which the child dies; `write` is that of the file's bytes.
        if moment == "write":
            archive_folder._write = lambda *_: os._exit(9)
        else:
            setattr(os, moment, lambda *_, **__: os._exit(9))
        archive.create(SECOND, b"second" * 1000)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert archive.names() == ([FIRST, SECOND] if stored else [FIRST])
    assert archive.find(FIRST) == b"first"
    assert archive.find(SECOND) == (b"second" * 1000 if stored else None)
