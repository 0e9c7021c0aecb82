"""Run sopsmith in a process that kills itself, with SIGKILL, behind its Nth write.

Usage: python -m tests.e2e.dying N COMMAND…; N is 0 for a process that lives, and counts its
writes on the last line of its stderr. A write is a file that was replaced or removed, an object
of the cluster, or one of the archive.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sopsmith.adapters import file_set
from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.adapters.cluster import RealCluster
from sopsmith.adapters.files import LocalFiles
from sopsmith.cli import rotation_words
from sopsmith.cli.main import run


class _Count:
    def __init__(self, last: int) -> None:
        self.writes = 0
        self._last = last

    def behind(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return a write that is counted once it is made."""

        def write(*words: Any, **named: Any) -> Any:
            done = real(*words, **named)
            self.writes += 1
            if self.writes == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return write


def _nothing(seconds: float) -> None:
    """No kubelet runs here, so nothing is to be waited for."""


def main(last: int, argv: list[str]) -> int:
    """Run a command, and die where it was said."""
    count = _Count(last)
    places: list[tuple[Any, str]] = [
        (LocalFiles, "write"),
        (LocalFiles, "remove"),
        (file_set, "_rename"),
        (FolderArchive, "create"),
        (FolderArchive, "replace"),
        (RealCluster, "create"),
        (RealCluster, "replace"),
        (RealCluster, "apply"),
    ]
    for place, name in places:
        setattr(place, name, count.behind(getattr(place, name)))
    rotation_words._pause = _nothing
    code = run(argv)
    sys.stderr.write(f"{count.writes}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
