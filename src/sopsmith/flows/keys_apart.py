"""Keep files of identities out of repositories, and one process at a time at them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from sopsmith.errors import OutsideError
from sopsmith.ports import Files

Lock = Callable[[str], AbstractContextManager[None]]
"""Hold a file of identities against other processes, by its path."""


def refuse_inside(root: str, keys_path: str, files: Files) -> None:
    """Refuse to put identities where git, or whoever gets the folder, would see them.

    Args:
        root: The repository's folder.
        keys_path: The file of identities. Both are absolute and without symbolic links.

    Raises:
        OutsideError: The file lies in the repository.
    """
    repository = find_repository(root, files)
    if os.path.commonpath([repository, keys_path]) == repository:
        raise OutsideError(
            f"lies inside the repository {repository}, where no identity may stand",
            path=keys_path,
            hint="set XDG_CONFIG_HOME to a folder outside of it, or name recipients: --recipient",
        )


def find_repository(root: str, files: Files) -> str:
    """Return the working tree of git that a folder lies in, or the folder itself."""
    folder = root
    while True:
        try:
            if ".git" in files.names(folder):
                return folder
        except OutsideError:
            return root
        parent = os.path.dirname(folder)
        if parent == folder:
            return root
        folder = parent
