"""Tell whether git tracks a file that must stay out of it."""

from __future__ import annotations

import os

from sopsmith.errors import OutsideError
from sopsmith.ports import Files, Programs

_INDEX_HEAD = b"DIRC"
_WHOLE_PATHS = (2, 3)
"""Versions of the index that write each path whole; version 4 cuts what paths share."""


def is_tracked(path: str, files: Files, programs: Programs) -> bool:
    """Tell whether git tracks a file; without git on this machine, no.

    Source: git Documentation/gitformat-index.txt.
    """
    folder, name = os.path.split(os.path.abspath(path))
    try:
        possible = _may_be_tracked(folder, name, files)
    except OutsideError:
        # A folder above cannot be listed; git may still know the way.
        possible = True
    if not possible or programs.locate("git") is None:
        return False
    argv = ["git", "ls-files", "--error-unmatch", "--", name]
    return programs.run(argv, cwd=folder).code == 0


def _may_be_tracked(folder: str, name: str, files: Files) -> bool:
    """Rule out most files by a look at git's index, which is faster than a start of git."""
    while ".git" not in files.names(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    index = files.find(os.path.join(folder, ".git", "index"))
    if index is None:
        # Nothing was ever added, unless `.git` is a worktree's file that points elsewhere.
        return "HEAD" not in files.names(os.path.join(folder, ".git"))
    if not index.startswith(_INDEX_HEAD) or b"link" in index:
        # The index is in two parts, or of a form that git alone knows.
        return True
    version = int.from_bytes(index[4:8], "big")
    return version not in _WHOLE_PATHS or name.encode() + b"\0" in index
