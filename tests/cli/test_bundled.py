"""A merge loads what it needs from one file, as long as that is of these sources."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sopsmith.cli import bundled

LOAD = """
import sys
sys.path[:] = {path!r}
from sopsmith.cli import bundled
bundled._PATH = {bundle!r}
loaded = bundled.load()
print(loaded, "sopsmith.sops.merge" in sys.modules)
from sopsmith.sops.merge import merge
import sopsmith.sops.merging.values as values
print(merge.__module__, values is sys.modules["sopsmith.sops.merging.values"])
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a bundle of this interpreter and these sources."""
    path = tmp_path_factory.mktemp("bundle") / "merge.bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", False)
        patch.setattr(bundled, "_FOLDER", str(path.parent))
        patch.setattr(bundled, "_PATH", str(path))
        bundled.save()
    return path.read_bytes()


def loaded(folder: Path, kept: bytes) -> list[str]:
    """Return what a fresh process says of loading a bundle."""
    path = folder / "merge.bundle"
    path.write_bytes(kept)
    script = LOAD.format(path=sys.path, bundle=str(path))
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_modules_come_from_a_bundle_of_these_sources(tmp_path: Path, kept: bytes) -> None:
    assert loaded(tmp_path, kept) == ["True True", "sopsmith.sops.merge True"]


def test_a_bundle_of_other_sources_is_left_alone(tmp_path: Path, kept: bytes) -> None:
    other = kept.replace(b"flows/git_merge.py", b"flows/git_nerge.py")
    assert other != kept
    assert loaded(tmp_path, other) == ["False False", "sopsmith.sops.merge True"]


@pytest.mark.parametrize("size", [0, 7, -1, -1000])
def test_a_damaged_bundle_is_left_alone(tmp_path: Path, kept: bytes, size: int) -> None:
    assert loaded(tmp_path, kept[:size]) == ["False False", "sopsmith.sops.merge True"]


def test_nothing_is_kept_where_python_may_not_keep_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(bundled, "_FOLDER", str(tmp_path))
    monkeypatch.setattr(bundled, "_PATH", str(tmp_path / "merge.bundle"))
    bundled.save()
    assert os.listdir(tmp_path) == []
