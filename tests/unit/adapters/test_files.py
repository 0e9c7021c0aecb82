"""Real files are read within bounds and replaced whole; what fails names the path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from sopsmith.adapters import files
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import OutsideError


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(OutsideError) as caught:
        LocalFiles().read(path)
    assert caught.value.path == path


def test_a_file_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 10)
    (tmp_path / "x").write_bytes(b"x" * 11)
    with pytest.raises(OutsideError, match="larger than"):
        LocalFiles().read(str(tmp_path / "x"))


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_a_file_of_any_size_is_read_whole(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "x").write_bytes(data[:size])
    assert LocalFiles().read(str(tmp_path / "x")) == data[:size]


def test_what_comes_through_a_pipe_in_pieces_is_read_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as stream:
            for piece in (b"one ", b"two ", b"x" * 100_000):
                stream.write(piece)

    writer = Thread(target=write)
    writer.start()
    assert LocalFiles().read(str(pipe)) == b"one two " + b"x" * 100_000
    writer.join()


def test_a_missing_file_is_found_to_be_none(tmp_path: Path) -> None:
    assert LocalFiles().find(str(tmp_path / "x")) is None


def test_writing_keeps_mode_and_symlink(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    LocalFiles().write(str(link), b"new")
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_write_that_fails_leaves_nothing_beside_the_target(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "inner").mkdir(parents=True)
    with pytest.raises(OutsideError):
        LocalFiles().write(str(target), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_removing_what_is_missing_names_it(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as caught:
        LocalFiles().remove(str(tmp_path / "x"))
    assert caught.value.path == str(tmp_path / "x")


def test_what_cannot_be_looked_at_is_no_absence(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="file name too long"):
        LocalFiles().find(str(tmp_path / ("x" * 300)))


def test_a_file_on_the_way_proves_the_absence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert LocalFiles().find(str(tmp_path / "file" / "kustomization.yaml")) is None


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a repository beside a folder that is somebody's home."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.profile").write_text("mine\n")
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone/sopsmith.yaml").write_text("")
    return tmp_path / "clone"


@pytest.mark.parametrize(
    "write", [LocalFiles().write, lambda p, d: replace_files([(p, d)])], ids=["one", "many"]
)
@pytest.mark.parametrize(
    ("link", "leads", "path"),
    [
        ("state.json", "../home/.profile", "state.json"),
        ("state.json", "../home/.new", "state.json"),
        (".sopsmith", "../home", ".sopsmith/.profile"),
        ("far", "..", "far/home/.profile"),
        # Beyond the link there is a repository too.
        ("other", "../other", "other/sopsmith.yaml"),
    ],
    ids=["file", "new", "folder", "above", "repository"],
)
def test_no_link_in_a_repository_leads_a_write_out_of_it(
    clone: Path, write: Callable[[str, bytes], None], link: str, leads: str, path: str
) -> None:
    (clone.parent / "other").mkdir()
    (clone.parent / "other/sopsmith.yaml").write_text("theirs")
    (clone / link).symlink_to(leads)
    with pytest.raises(OutsideError, match="is a link that leads out of the repository"):
        write(str(clone / path), b"x")
    assert (clone.parent / "home/.profile").read_text() == "mine\n"
    assert not (clone.parent / "home/.new").exists()
    assert (clone.parent / "other/sopsmith.yaml").read_text() == "theirs"


def test_a_link_inside_of_a_repository_and_one_to_a_repository_are_written_through(
    clone: Path,
) -> None:
    (clone / "a").write_text("")
    (clone / "link").symlink_to("a")
    (clone.parent / "way").symlink_to("clone")
    LocalFiles().write(str(clone.parent / "way/link"), b"x")
    assert (clone / "a").read_bytes() == b"x"
    assert (clone / "link").is_symlink()
