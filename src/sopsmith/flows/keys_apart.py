"""Keep files of identities out of repositories, and one process at a time at them."""

from __future__ import annotations

import os
import shlex
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
            hint="set SOPS_AGE_KEY_FILE to a file outside of it",
        )


def refuse_open(keys_path: str, is_open: Callable[[str], bool]) -> None:
    """Refuse to put identities where others than the file's owner can read them.

    A file that stands keeps its mode, so a new identity would be as open as the others.

    Raises:
        OutsideError: Others can read the file.
    """
    if is_open(keys_path):
        raise OutsideError(
            "others than its owner can read it, and so the new identity",
            path=keys_path,
            hint=f"chmod 600 {shlex.quote(keys_path)}",
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
