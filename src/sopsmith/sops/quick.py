"""Read a YAML SOPS file fast for a change of its keys, or not at all.

A change of keys touches tokens and metadata alone, so it needs the place of those and of
nothing else. The narrow reader tells what the tokens are, a search of the text tells where,
the metadata are read and written by their frame, and whatever is not certain is left to the
general reader.
`tests/properties/test_quick_agrees.py` proves that both ways give the same file.
"""

from __future__ import annotations

from sopsmith.formats.tree import Scalar, Tree, walk
from sopsmith.formats.yaml_write import write_token
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.framed import read_parts, write_framed
from sopsmith.sops.values import PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sopsmith.formats.splice import Edit
    from sopsmith.secret import Secret
    from sopsmith.sops.frame import Own
    from sopsmith.sops.metadata import Metadata

_COMMENT = ",type:comment]"
_QUOTES = ("'", '"')


def parse_quick(data: bytes, path: str) -> Document | None:
    """Return a YAML document that may be given to `rekey.rotate` and `rekey.update_keys`.

    Only where the selector stays: other changes need the place of every value, which this
    document does not know.

    Returns:
        None where the file is not of the narrow kind, its metadata are not of a frame, or its
        tokens cannot be told by a search.
    """
    found = read_parts(data)
    if found is None:
        return None
    text, start, tree, metadata, own = found
    by_comment = metadata.selector.by_comment or _COMMENT in text
    if by_comment or not _place_tokens(text, tree, start):
        return None
    return _QuickDocument(text, path, tree, start, metadata, own)


def read_quick(data: bytes) -> Metadata | None:
    """Return the metadata of a YAML file, or None where the general reader has to say."""
    found = read_parts(data)
    return found[3] if found is not None else None


class _NarrowFormat:
    """What `rekey` needs of the YAML format."""

    write_token = staticmethod(write_token)


class _QuickDocument(Document):
    """A document whose tokens have places, and nothing else has."""

    def __init__(
        self, text: str, path: str, tree: Tree, start: int, metadata: Metadata, own: Own
    ) -> None:
        form: Any = _NarrowFormat
        self._lead = ""
        self._text = text
        self._form = form
        self.path = path
        self._trees = [tree]
        self._strip = [(start, len(text), "")]
        self._sources = []
        self.metadata = metadata
        self._own = own

    def unlock_with(self, data_key: Secret, *, ignore_mac: bool = False) -> Unlocked:
        """Do as `Document.unlock_with` does."""
        super().unlock_with(data_key, ignore_mac=ignore_mac)
        return _QuickUnlocked(self, data_key)


class _QuickUnlocked(Unlocked):
    """An unlocked document whose metadata are written by their frame."""

    def __init__(self, document: _QuickDocument, data_key: Secret) -> None:
        super().__init__(document, data_key, None)
        self._own = document._own

    def metadata_edits(self, fields: dict[str, object]) -> list[Edit]:
        """Return the edit that puts other fields into the metadata."""
        start, end, _ = self._strip[0]
        return [(start, end, write_framed(self.metadata.frame, self._own, fields))]


def _place_tokens(text: str, tree: Tree, end: int) -> bool:
    """Give every token its place, and tell whether each is certain.

    The tokens before the metadata must be the tree's, one for one and in order: then a
    token that is quoted in a comment or a text cannot be taken for a value.
    """
    at = 0
    for _, _, scalar in walk(tree.root):
        value = scalar.value
        if not isinstance(value, str) or PREFIX not in value:
            continue
        at = text.find(PREFIX, at, end)
        if at < 0 or not text.startswith(value, at) or not _place(text, scalar, at):
            return False
        at = scalar.end
    return text.find(PREFIX, at, end) < 0


def _place(text: str, scalar: Scalar, start: int) -> bool:
    """Set the span of a scalar that is one token, its quotes included."""
    end = start + len(str(scalar.value))
    quote = text[start - 1 : start]
    if quote in _QUOTES:
        if text[end : end + 1] != quote:
            return False
        start, end = start - 1, end + 1
    line = text[text.rfind("\n", 0, start) + 1 : start]
    scalar.start, scalar.end = start, end
    # Alone on its line it would be a part of a block of text.
    return text[end : end + 1] == "\n" and bool(line.strip(" "))
