"""Say in a few signs how a repository stands, so that any change of it shows."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sopsmith.ports import Trees

_GIT = (".git/HEAD", ".git/logs/HEAD", ".git/packed-refs")


def read_tree_state(trees: Trees, root: str) -> str:
    """Return a text that changes when a file under a root, or what is checked out, does.

    It goes by names, sizes and times: no file is read.
    """
    found = hashlib.sha256()
    for path in (*trees.walk((root,)), *(os.path.join(root, name) for name in _GIT)):
        try:
            at = os.stat(path)
        except OSError:
            # It went while we looked; the next look sees a tree without it.
            continue
        found.update(f"{path}\0{at.st_size}\0{at.st_mtime_ns}\0".encode("utf-8", "replace"))
    return found.hexdigest()[:16]
