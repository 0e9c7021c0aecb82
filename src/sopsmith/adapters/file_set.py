"""Replace many files of the local disk together: all bytes first, all renames last.

`LocalFiles.write` waits for the disk twice a file; a set waits once for all of them. And a
disk that is full shows before the first file is replaced, so nothing is.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress

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


class FileSets:
    """Replace one set of files after another; each folder is looked at once."""

    def __init__(self) -> None:
        self._homes: dict[str, str] = {}
        self._prepared: set[str] = set()

    def replace(self, files: list[tuple[str, bytes]]) -> None:
        """Replace files in the order given, each in one step.

        A kill leaves each file old or new, and temporary files beside them, which the next set
        in that folder clears away. Symbolic links stay (their targets are replaced), existing
        files keep their mode, missing folders are made.

        Raises:
            OutsideError: A file could not be written. If it was for want of room or of a
                permission, no file has been replaced.
        """
        staged: list[tuple[str, str, str]] = []
        try:
            with Lanes(len(files)) as lanes:
                for path, data in files:
                    target, mode = self._target(path)
                    staged.append((path, _stage(path, target, mode, data, lanes), target))
            folders = dict.fromkeys(os.path.dirname(target) for _, _, target in staged)
            staged.reverse()
            while staged:
                path, temporary, target = staged[-1]
                _rename(path, temporary, target)
                staged.pop()
        finally:
            for _, temporary, _ in staged:
                with suppress(OSError):
                    os.unlink(temporary)
        for folder in folders:
            _sync_folder(folder)

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


def _stage(path: str, target: str, mode: int, data: bytes, lanes: Lanes) -> str:
    """Write a temporary file beside a target; the lanes close it."""
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
    lanes.add(handle, path)
    return temporary


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


def _rename(path: str, temporary: str, target: str) -> None:
    try:
        os.replace(temporary, target)
    except OSError as error:
        raise _outside(error, path) from None


def _outside(error: OSError, path: str) -> OutsideError:
    return OutsideError((error.strerror or "the system refused").lower(), path=path)
