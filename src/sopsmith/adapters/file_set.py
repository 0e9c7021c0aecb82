"""Replace many files of the local disk together: all bytes first, all renames last.

`LocalFiles.write` waits for the disk twice a file; a set waits once for all of them. And a
disk that is full shows before the first file is replaced, so nothing is.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from typing import NamedTuple

from sopsmith.adapters.disk_lanes import Lanes, sync
from sopsmith.adapters.files import written_at
from sopsmith.errors import OutsideError

_MARK = ".set-new"
_ABANDONED = 60.0
"""Seconds after which a temporary file is taken for one of a killed process."""
_NEW_MODE = 0o644


def is_leftover(name: str) -> bool:
    """Tell whether a file's name is that of a temporary file, which a kill may have left."""
    return name.startswith(".") and name.endswith(_MARK)


class _Staged(NamedTuple):
    """A file that is written beside its target, with the very bytes that it was given."""

    temporary: str
    target: str
    data: bytes


class FileSets:
    """Replace one set of files after another; each folder is looked at once."""

    def __init__(self) -> None:
        self._homes: dict[str, str] = {}
        self._prepared: set[str] = set()
        self._staged: dict[str, _Staged] = {}
        self._lanes = Lanes()

    def stage(self, path: str, data: bytes) -> None:
        """Write a file beside its target already, so that the disk is waited for meanwhile.

        It takes its place if the next `replace` is given these very bytes; otherwise that, or
        `drop`, takes it away again.
        A folder is not made for what may yet be dropped: such a file is left to `replace`.

        Raises:
            OutsideError: It could not be written.
        """
        if os.path.dirname(path) in self._homes or os.path.isdir(os.path.dirname(path)):
            self._stage(path, data)

    def replace(self, files: list[tuple[str, bytes]]) -> None:
        """Replace files in the order given, each in one step.

        A kill leaves each file old or new, and temporary files beside them, which the next set
        in that folder clears away. Symbolic links stay (their targets are replaced), existing
        files keep their mode, missing folders are made.

        Raises:
            OutsideError: A file could not be written. If it was for want of room or of a
                permission, no file has been replaced.
        """
        wanted = dict(files)
        try:
            for path, data in wanted.items():
                staged = self._staged.get(path)
                if staged is None or staged.data is not data:
                    self._stage(path, data)
            self._lanes.wait()
            folders = dict.fromkeys(os.path.dirname(self._staged[path].target) for path in wanted)
            for path in wanted:
                _rename(path, self._staged[path])
                del self._staged[path]
        finally:
            self.drop()
        for folder in folders:
            _sync_folder(folder)

    def drop(self) -> None:
        """Take away what was staged and has not taken its place."""
        with suppress(OutsideError):
            self._lanes.wait()
        for staged in self._staged.values():
            with suppress(OSError):
                os.unlink(staged.temporary)
        self._staged.clear()

    def _stage(self, path: str, data: bytes) -> None:
        if path in self._staged:
            os.unlink(self._staged.pop(path).temporary)
        target, mode = self._target(path)
        handle, temporary = _write_beside(path, target, mode, data)
        self._staged[path] = _Staged(temporary, target, data)
        self._lanes.add(handle, path)

    def _target(self, path: str) -> tuple[str, int]:
        """Return the file behind a path, in a folder that is there, and the mode that it gets."""
        folder, name = os.path.split(path)
        home = self._homes.get(folder)
        if home is None:
            home = self._homes[folder] = self._home(folder, path)
        target = f"{home}/{name}"
        try:
            mode = os.lstat(target).st_mode
        except FileNotFoundError:
            return target, _NEW_MODE
        except OSError as error:
            raise _outside(error, path) from None
        if not stat.S_ISLNK(mode):
            return target, stat.S_IMODE(mode)
        target = written_at(path)
        self._prepare(os.path.dirname(target), path)
        return target, _mode_of(target, path)

    def _home(self, folder: str, path: str) -> str:
        """Return where a folder really is, once it is there."""
        try:
            home = written_at(folder)
        except OutsideError as error:
            error.path = path
            raise
        self._prepare(home, path)
        return home

    def _prepare(self, folder: str, path: str) -> None:
        """Make a folder, and clear away what a killed process left in it."""
        if folder in self._prepared:
            return
        try:
            os.makedirs(folder, exist_ok=True)
            names = os.listdir(folder)
        except OSError as error:
            raise _outside(error, path) from None
        for left in (os.path.join(folder, name) for name in names if is_leftover(name)):
            with suppress(OSError):
                if time.time() - os.stat(left).st_mtime > _ABANDONED:
                    os.unlink(left)
        self._prepared.add(folder)


def replace_files(files: list[tuple[str, bytes]]) -> None:
    """Replace one set of files, as `FileSets.replace` does.

    Raises:
        OutsideError: A file could not be written. If it was for want of room or of a
            permission, no file has been replaced.
    """
    FileSets().replace(files)


def _write_beside(path: str, target: str, mode: int, data: bytes) -> tuple[int, str]:
    """Write a temporary file beside a target and return it, still open, and its name."""
    folder, _, name = target.rpartition("/")
    temporary = f"{folder}/.{name}.{os.urandom(6).hex()}{_MARK}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write(handle, data)
            os.fchmod(handle, mode)
        except OSError:
            os.close(handle)
            os.unlink(temporary)
            raise
    except OSError as error:
        raise _outside(error, path) from None
    return handle, temporary


def _write(handle: int, data: bytes) -> None:
    done = os.write(handle, data)
    while done < len(data):
        done += os.write(handle, data[done:])


def _mode_of(target: str, path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        return _NEW_MODE
    except OSError as error:
        raise _outside(error, path) from None


def _sync_folder(folder: str) -> None:
    try:
        sync(os.open(folder, os.O_RDONLY))
    except OSError as error:
        raise _outside(error, folder) from None


def _rename(path: str, staged: _Staged) -> None:
    try:
        os.replace(staged.temporary, staged.target)
    except OSError as error:
        raise _outside(error, path) from None


def _outside(error: OSError, path: str) -> OutsideError:
    return OutsideError((error.strerror or "the system refused").lower(), path=path)
