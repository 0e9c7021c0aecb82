"""Wait for the disk on a few threads, while the files that follow are made.

What several of them wait for at once, the disk joins into a few writes.
"""

from __future__ import annotations

import os
from threading import Semaphore, Thread

from sopsmith.errors import OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _queue import SimpleQueue

_LANES = 8
"""Threads that wait; 100 files took a third of the time of one thread, and more gained nothing."""
_OPEN = 128
"""Files that are open at once, far below what any system lets a process have."""


class Lanes:
    """Bring open files to the disk, on threads that are started as files come."""

    def __init__(self) -> None:
        from _queue import SimpleQueue

        self._waiting: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._room = Semaphore(_OPEN)
        self._failures: list[OutsideError] = []
        self._threads: list[Thread] = []

    def add(self, handle: int, path: str) -> None:
        """Have an open file brought to the disk and closed; waits where too many are open.

        Args:
            path: What errors call the file.
        """
        self._room.acquire()
        self._waiting.put((handle, path))
        if len(self._threads) < _LANES:
            thread = Thread(target=self._work)
            thread.start()
            self._threads.append(thread)

    def wait(self) -> None:
        """Wait until every file is on the disk, and end the threads; more files may follow.

        Raises:
            OutsideError: The disk refused a file.
        """
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        failures, self._failures = self._failures, []
        if failures:
            raise failures[0]

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            handle, path = given
            try:
                sync(handle)
            except OSError as error:
                reason = (error.strerror or "the system refused").lower()
                self._failures.append(OutsideError(reason, path=path))
            self._room.release()


def sync(handle: int) -> None:
    """Wait until what was written to an open file is on the disk, and close it.

    Raises:
        OSError: The disk refused.
    """
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
