"""Hold a file of identities, or a folder of records, against other processes of sopsmith.

What is appended is lost where two processes read the same file and each replaces it, and with
it whatever was encrypted to the identity meanwhile. The system lets go of the lock when its
process ends, however it ends, so the empty file beside `keys.txt` may stay.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager

from sopsmith.adapters.private import MODE, make_folders
from sopsmith.errors import Conflict, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 10.0  # seconds
_PAUSE = 0.05  # seconds


@contextmanager
def lock_keys(path: str, wait: float = WAIT) -> Iterator[None]:
    """Hold the lock of a file of identities, which need not stand yet.

    Args:
        path: The file itself; the folders above it are made, for their owner alone.
        wait: How long to wait for another process, in seconds.

    Raises:
        Conflict: Another process still held it at the end of the wait.
        OutsideError: The lock cannot be made.
    """
    lock = os.path.realpath(path) + ".lock"
    make_folders(os.path.dirname(lock))
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(lock, flags, MODE)
    except OSError as error:
        raise OutsideError((error.strerror or "the system refused").lower(), path=lock) from None
    try:
        _take(handle, path, wait)
        yield
    finally:
        os.close(handle)


@contextmanager
def lock_folder(folder: str, wait: float = WAIT) -> Iterator[None]:
    """Hold a folder of a repository, and leave no file of a lock in it.

    Args:
        folder: It is made where it is missing.
        wait: How long to wait for another process, in seconds.

    Raises:
        Conflict: Another process still held it at the end of the wait.
        OutsideError: It cannot be made or held.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OutsideError((error.strerror or "the system refused").lower(), path=folder) from None
    try:
        _take(handle, folder, wait)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: str, wait: float) -> None:
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                reason = (error.strerror or "the system refused").lower()
                raise OutsideError(f"cannot be locked: {reason}", path=path) from None
            if time.monotonic() >= end:
                raise Conflict(
                    "another process is changing it", path=path, hint="run the command again"
                ) from None
            time.sleep(_PAUSE)
        else:
            return
