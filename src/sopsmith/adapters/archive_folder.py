"""Keep backups in a folder: the store that needs no service.

Everything is done relative to one descriptor of the folder, so that "there is no such object"
is said of a folder that was there at that moment, never of a disk that is not mounted.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from sopsmith.adapters.archive_name import MAX_SIZE, check_name, too_large
from sopsmith.adapters.private import FOLDER_MODE, MODE, make_folders
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_RENAME_NOREPLACE = 1


class FolderArchive:
    """`ports.Archive` over a folder.

    Attributes:
        path: The folder, absolute.

    Args:
        path: The folder.
        ours: The folder is sopsmith's own: where it is missing it is empty, and it is made when
            something is stored. Any other that is missing may be a disk that is not mounted.
    """

    def __init__(self, path: str, *, ours: bool = False) -> None:
        self.path = os.path.abspath(path)
        self._ours = ours

    def place(self, name: str) -> str:
        """Return an object's path."""
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        """Return the sorted names; what a killed run left behind is none."""
        with self._outside(self.path):
            if self._ours and not _is_there(self.path):
                return []
            with self._opened() as folder:
                found = os.listdir(folder)
        return sorted(name for name in found if not name.startswith("."))

    def find(self, name: str) -> bytes | None:
        """Return an object, or None where the folder stands and has none of that name."""
        check_name(name)
        with self._outside(self.place(name)):
            if self._ours and not _is_there(self.path):
                return None
            with self._opened() as folder:
                return self._find(name, folder)

    def create(self, name: str, data: bytes) -> None:
        """Store an object under a free name.

        It is written and flushed under another name, and then linked: link(2) never replaces.
        """
        with self._written(name, data) as (folder, temporary):
            try:
                _link(folder, temporary, name)
            except FileExistsError:
                raise Conflict(
                    "stands there already and was not replaced", path=self.place(name)
                ) from None

    def replace(self, name: str, data: bytes) -> None:
        """Store an object, in place of one that may be there."""
        with self._written(name, data) as (folder, temporary):
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)

    def _find(self, name: str, folder: int) -> bytes | None:
        try:
            # Without O_NONBLOCK a pipe that stands there would be waited for.
            handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            if _is_there(name, folder):
                raise OutsideError("is a link to nothing", path=self.place(name)) from None
            return None
        with os.fdopen(handle, "rb") as stream:
            return self._read(stream, name)

    def _read(self, stream: BinaryIO, name: str) -> bytes:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OutsideError("is no file", path=self.place(name))
        size = found.st_size
        if size > MAX_SIZE:
            raise too_large(self.place(name))
        data = stream.read(MAX_SIZE + 1)
        if len(data) != size:
            raise Unreachable(
                f"gave {len(data):,} bytes of {size:,}", path=self.place(name), hint="try again"
            )
        return data

    @contextlib.contextmanager
    def _written(self, name: str, data: bytes) -> Iterator[tuple[int, str]]:
        """Yield the folder and a file in it with the bytes; what is left of it then goes."""
        check_name(name)
        if self._ours:
            make_folders(self.path)
        temporary = f".{name}.{os.urandom(6).hex()}.new"
        with self._outside(self.place(name)), self._opened() as folder:
            try:
                _write(folder, temporary, data)
                yield folder, temporary
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)
            os.fsync(folder)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            raise NotThere(
                "there is no such folder; if it is on another disk, that may not be mounted",
                path=self.path,
                hint="mount it, or make it: sopsmith key bucket",
            ) from None
        try:
            yield folder
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _outside(self, place: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _error_of(error, place) from None


def _error_of(error: OSError, place: str) -> OutsideError:
    reason = (error.strerror or "the system refused").lower()
    if error.errno in _DENIED:
        return Denied(reason, path=place)
    if error.errno in _FULL:
        hint = f"nothing was stored, and nothing was lost: df -h {os.path.dirname(place)}"
        return OutsideError(reason, path=place, hint=hint)
    return Unreachable(reason, path=place)


def _write(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, MODE, dir_fd=folder), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _is_there(path: str, folder: int | None = None) -> bool:
    """Tell whether something is at a path; os.path.lexists takes every error for an absence."""
    try:
        os.lstat(path, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _link(folder: int, temporary: str, name: str) -> None:
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_to_free(folder, temporary, name)


def _rename_to_free(folder: int, temporary: str, name: str) -> None:
    """Rename a file unless the new name is taken: FAT, as on memory sticks, has no links.

    Raises:
        OSError: EEXIST where the name is taken; ENOTSUP where this cannot be had.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        raise OSError(errno.ENOTSUP, "this file system cannot store without replacing")
    old, new = os.fsencode(temporary), os.fsencode(name)
    if library.renameat2(folder, old, folder, new, _RENAME_NOREPLACE) != 0:
        code = ctypes.get_errno()
        if code in {errno.EINVAL, errno.ENOSYS}:
            raise OSError(errno.ENOTSUP, "this file system cannot store without replacing")
        raise OSError(code, os.strerror(code))


class FolderPlace:
    """`ports.Place` over a folder."""

    def __init__(self, path: str) -> None:
        self.address = os.path.abspath(path)

    def exists(self) -> bool:
        """Tell whether the folder is there."""
        try:
            if not _is_there(self.address):
                return False
        except OSError as error:
            raise _error_of(error, self.address) from None
        if not os.path.isdir(self.address):
            raise OutsideError("is no folder", path=self.address)
        return True

    def make(self) -> None:
        """Make the folder, and those above it that are missing."""
        make_folders(self.address)

    def open_to(self) -> list[str]:
        """Return who else than the owner has a right to the folder."""
        mode = stat.S_IMODE(os.stat(self.address).st_mode)
        return [f"other users of this machine (mode {mode:04o})"] if mode & 0o077 else []

    def close(self) -> None:
        """Leave the rights of the owner alone."""
        try:
            os.chmod(self.address, FOLDER_MODE)
        except OSError as error:
            raise _error_of(error, self.address) from None
