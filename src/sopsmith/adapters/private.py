"""Write files that only their owner may read, in folders that only their owner may enter."""

from __future__ import annotations

import os

from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import Conflict, OutsideError

MODE = 0o600
FOLDER_MODE = 0o700


class PrivateFiles(LocalFiles):
    """`ports.Files` for identities: new files are 0600 and the folders made for them 0700."""

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file in one step; see `ports.Files`."""
        make_folders(os.path.dirname(os.path.realpath(path)))
        super().write(path, data, mode=MODE if mode is None else mode)


def make_folders(folder: str) -> None:
    """Make a folder and those above it that are missing, for their owner alone.

    Raises:
        OutsideError: One cannot be made.
    """
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        try:
            os.mkdir(path, FOLDER_MODE)
        except FileExistsError:
            continue
        except OSError as error:
            reason = (error.strerror or "the system refused").lower()
            raise OutsideError(reason, path=path) from None


def create_private(path: str, data: bytes) -> None:
    """Write a file that must be new, for its owner alone; what stands is never replaced.

    The mode is asked for when the file is made and not set again: a stick with FAT on it refuses
    that, and such a stick is where a recovery identity is put. See `is_open_to_others`.

    Raises:
        Conflict: Something stands there.
        OutsideError: It cannot be written in full; nothing is left of it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, MODE)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError:
            os.unlink(path)
            raise
    except FileExistsError:
        raise Conflict("stands already, and is not replaced", path=path) from None
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise OutsideError(reason, path=path) from None


def is_open_to_others(path: str) -> bool:
    """Tell whether others than a file's owner have a right to it; False if there is no file."""
    try:
        return bool(os.stat(path).st_mode & 0o077)
    except OSError:
        return False


def close_to_others(path: str) -> None:
    """Leave a file to its owner alone.

    Raises:
        OutsideError: It is not there, or somebody else's.
    """
    try:
        os.chmod(path, os.stat(path).st_mode & 0o700)
    except OSError as error:
        raise OutsideError((error.strerror or "the system refused").lower(), path=path) from None
