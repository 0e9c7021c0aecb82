"""Find the root of a platform repository: the folder that holds `sopsmith.yaml`."""

from __future__ import annotations

import os

from sopsmith.errors import LayoutError
from sopsmith.ports import Files
from sopsmith.repo.settings import RepoSettings, parse_settings

SETTINGS_FILE = "sopsmith.yaml"


def find_root(files: Files, start: str) -> str:
    """Return the absolute path of the first folder, from `start` upwards, with settings in it.

    Raises:
        LayoutError: There is none up to the root of the file system.
    """
    folder = os.path.abspath(start)
    while files.find(os.path.join(folder, SETTINGS_FILE)) is None:
        parent = os.path.dirname(folder)
        if parent == folder:
            from shlex import quote

            raise LayoutError(
                f"neither this folder nor one above it holds {SETTINGS_FILE}",
                path=start,
                hint=f"sopsmith init {quote(start)}",
            )
        folder = parent
    return folder


def read_settings(files: Files, root: str) -> RepoSettings:
    """Return the settings of the repository at a root.

    Raises:
        LayoutError: They are not what settings should be.
        OutsideError: They cannot be read.
    """
    return parse_settings(files.read(os.path.join(root, SETTINGS_FILE)), SETTINGS_FILE)
