"""Replace many files of the local disk together: all bytes first, all renames last.

`LocalFiles.write` waits for the disk twice a file; a set waits once for all of them. And a
disk that is full shows before the first file is replaced, so nothing is.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import Thread

from sopsmith.adapters.files import written_at
from sopsmith.errors import OutsideError

_MARK = ".set-new"
_LANES = 8
"""Threads that wait for the disk; 100 files took a third of the time of one thread."""
_ABANDONED = 60.0
"""Seconds after which a temporary file is taken for one of a killed process."""


def is_leftover(name: str) -> bool:
    """Tell whether a file's name is that of a temporary file, which a kill may have left."""
    return name.startswith(".") and name.endswith(_MARK)


class FileSets:
    """Replace one set of files after another; each folder is cleared of leftovers once."""

    def __init__(self) -> None:
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
            for path, data in files:
                target = self._target(path)
                staged.append((path, _stage(path, target, data), target))
            folders = dict.fromkeys(os.path.dirname(target) for _, _, target in staged)
            _sync_all([(temporary, path) for path, temporary, _ in staged])
            while staged:
                path, temporary, target = staged[0]
                _rename(path, temporary, target)
                staged.pop(0)
        finally:
            for _, temporary, _ in staged:
                with suppress(OSError):
                    os.unlink(temporary)
        for folder in folders:
            _sync(folder, folder)

    def _target(self, path: str) -> str:
        """Return the file behind a path, in a folder that is there."""
        target = written_at(path)
        folder = os.path.dirname(target)
        if folder not in self._prepared:
            _prepare(folder, path)
            self._prepared.add(folder)
        return target


def replace_files(files: list[tuple[str, bytes]]) -> None:
    """Replace one set of files, as `FileSets.replace` does.

    Raises:
        OutsideError: A file could not be written. If it was for want of room or of a
            permission, no file has been replaced.
    """
    FileSets().replace(files)


def _prepare(folder: str, path: str) -> None:
    """Make a folder, and clear away what a killed process left in it."""
    try:
        os.makedirs(folder, exist_ok=True)
        names = os.listdir(folder)
    except OSError as error:
        raise _outside(error, path) from None
    for name in names:
        if is_leftover(name):
            left = os.path.join(folder, name)
            with suppress(OSError):
                if time.time() - os.stat(left).st_mtime > _ABANDONED:
                    os.unlink(left)


def _stage(path: str, target: str, data: bytes) -> str:
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}{_MARK}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                os.fchmod(stream.fileno(), _mode_of(target))
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise _outside(error, path) from None
    return temporary


def _mode_of(target: str) -> int:
    try:
        return os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        return 0o644


def _sync_all(places: list[tuple[str, str]]) -> None:
    """Wait for the disk for many files at once, which it joins into a few writes."""
    failures: list[OutsideError] = []

    def sync_some(first: int) -> None:
        try:
            for place, path in places[first::_LANES]:
                _sync(place, path)
        except OutsideError as error:
            failures.append(error)

    lanes = [Thread(target=sync_some, args=(first,)) for first in range(min(_LANES, len(places)))]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if failures:
        raise failures[0]


def _sync(place: str, path: str) -> None:
    try:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise _outside(error, path) from None


def _rename(path: str, temporary: str, target: str) -> None:
    try:
        os.replace(temporary, target)
    except OSError as error:
        raise _outside(error, path) from None


def _outside(error: OSError, path: str) -> OutsideError:
    return OutsideError((error.strerror or "the system refused").lower(), path=path)
