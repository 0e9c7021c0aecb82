"""Read the files of a tree, as much of each as can matter."""

from __future__ import annotations

from sopsmith.formats import find_format
from sopsmith.ports import Trees

_WHOLE = 64 * 1024 * 1024  # bytes; no reader takes more
_FIELD = b"lastmodified"


def read_for_sops(trees: Trees, path: str) -> bytes:
    """Return a file's bytes, or its first ones where no SOPS file can be in it.

    sops writes its metadata at the end, so a large file that is none costs two short reads.

    Raises:
        OutsideError: It cannot be read, or is a SOPS file of more than 64 MiB.
    """
    head, tail, size = trees.peek(path)
    if size <= len(head):
        return head
    if find_format(path) is None:
        possible = head.lstrip()[:1] == b"{" and _FIELD in tail
    else:
        possible = size <= _WHOLE or _FIELD in head or _FIELD in tail
    return trees.read(path) if possible else head
