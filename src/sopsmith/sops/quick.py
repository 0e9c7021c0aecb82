"""Read a YAML SOPS file fast for a change of its keys, or not at all.

A change of keys touches tokens and metadata alone, so it needs the place of those and of
nothing else. The narrow reader tells what the tokens are, a search of the text tells where,
and whatever is not certain is left to the general reader.
`tests/properties/test_quick_agrees.py` proves that both ways give the same file.
"""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.formats import narrow
from sopsmith.formats.tree import Mapping, Scalar, Tree, walk
from sopsmith.formats.yaml_entries import write_entry
from sopsmith.formats.yaml_write import write_token
from sopsmith.sops.document import Document
from sopsmith.sops.metadata import KEY, parse_metadata
from sopsmith.sops.quick_mask import metadata_span
from sopsmith.sops.unseal import take_metadata
from sopsmith.sops.values import PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sopsmith.formats.tree import Node

_COMMENT = ",type:comment]"
_QUOTES = ("'", '"')


def parse_quick(data: bytes, path: str) -> Document | None:
    """Return a YAML document that may be given to `rekey.rotate` and `rekey.update_keys`.

    Only where the selector stays: other changes need the place of every value, which this
    document does not know.

    Returns:
        None where the file is not of the narrow kind, or its tokens cannot be told by a search.

    Raises:
        FormatError, RuleError: The metadata is not SOPS's, or cannot be used.
    """
    if not data.isascii():
        return None
    text = data.decode()
    trees = None if _COMMENT in text else narrow.parse(text)
    span = metadata_span(text) if trees and len(trees) == 1 else None
    node = take_metadata(trees) if trees and span else None
    if trees is None or span is None or node is None or not _place_tokens(text, trees[0], span[0]):
        return None
    try:
        document = _QuickDocument(text, path, trees, span, node)
    except Error as error:
        raise error.at(path) from None
    return None if document.metadata.selector.by_comment else document


class _NarrowFormat:
    """What `rekey` needs of the YAML format, for one document."""

    write_token = staticmethod(write_token)
    write_entry = staticmethod(write_entry)

    def __init__(self, node: Node) -> None:
        self._node = node

    def parse(self, text: str) -> list[Tree]:  # noqa: ARG002
        """Return the document as `write_entry` needs to see it: a block mapping with metadata."""
        return [Tree(Mapping([(KEY, self._node)]))]


class _QuickDocument(Document):
    """A document whose tokens have places, and nothing else has."""

    def __init__(
        self, text: str, path: str, trees: list[Tree], span: tuple[int, int], node: Node
    ) -> None:
        form: Any = _NarrowFormat(node)
        self._lead = ""
        self._text = text
        self._form = form
        self.path = path
        self._trees = trees
        self._strip = [(*span, "")]
        self._sources = [(*span, node)]
        self.metadata = parse_metadata(node)


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
