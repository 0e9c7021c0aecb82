"""Merge encrypted files without opening them, where that gives a file that is whole.

The MAC covers all values, so values of two sides cannot be joined without the data key. But
a side that changed nothing but master keys left values, MAC and data key alone, and its
master keys fit the other side's values.
"""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.sops.document import Document
from sopsmith.sops.merging.lines import propose


def merge_sealed(base: bytes, ours: bytes, theirs: bytes, form: str, path: str) -> bytes | None:
    """Return the merge of three encrypted files, or None where it takes the data key."""
    try:
        documents = [Document.parse(data, form, path=path) for data in (base, ours, theirs)]
    except Error:
        return None
    old, *sides = map(_Sealed, documents)
    for keys, values in (sides, reversed(sides)):
        if keys.content == old.content and values.keys == old.keys:
            for text in propose(base.decode(), ours.decode(), theirs.decode()):
                if _is_of(text.encode(), form, path, keys, values):
                    return text.encode()
    return None


def _is_of(data: bytes, form: str, path: str, keys: _Sealed, values: _Sealed) -> bool:
    try:
        found = _Sealed(Document.parse(data, form, path=path))
    except Error:
        return False
    return found.content == values.content and found.keys == keys.keys


class _Sealed:
    """What can be compared of a file that is not opened.

    Attributes:
        content: Tokens, clear text, MAC, time and selector; equal only if the data key is too.
        keys: Every stanza.
    """

    __slots__ = ("content", "keys")

    def __init__(self, document: Document) -> None:
        metadata = document.metadata
        self.content = (
            document.body(),
            metadata.mac,
            metadata.last_modified,
            (metadata.selector.kind, metadata.selector.pattern, metadata.mac_only_encrypted),
        )
        self.keys = (
            [[(one.kind, one.fields) for one in group] for group in metadata.groups],
            metadata.threshold,
        )
