"""What the commands that look through a tree share."""

from __future__ import annotations

import os

from sopsmith.adapters.confined import find_root
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers


def open_trees(jobs: int | None) -> tuple[LocalFiles, LocalTrees, LocalWorkers]:
    """Return the doors to the files, the trees and the processes of this machine."""
    return LocalFiles(), LocalTrees(LocalPrograms()), LocalWorkers(jobs or 0)


def default_paths() -> tuple[str, ...]:
    """Return the repository around the working folder, relative to it."""
    return (os.path.relpath(find_root(".")),)
