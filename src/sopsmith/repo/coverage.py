"""Say which values of a file a selector selects, encrypted or not."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.formats import load_format, narrow
from sopsmith.formats.tree import Address, Path, Scalar, Tree, walk
from sopsmith.sops.selection import Selection
from sopsmith.sops.selectors import Selector


class Value(NamedTuple):
    """One value of a file.

    Attributes:
        document: Index of its document.
        selected: The selector says that it is encrypted.
    """

    document: int
    path: Path
    address: Address
    leaf: Scalar
    selected: bool


def list_values(trees: list[Tree], selector: Selector, text: str) -> list[Value]:
    """Return every value in document order.

    Args:
        text: The file's, which a selector that looks at comments needs.
    """
    selection = Selection(selector, trees, text)
    return [
        Value(number, path, address, leaf, selection.has_value(leaf, path))
        for number, tree in enumerate(trees)
        for path, address, leaf in walk(tree.root)
    ]


def decode(data: bytes) -> str | None:
    """Return a file's text without its byte order mark, or None where it is none."""
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def parse_text(text: str, name: str, *, comments: bool = False) -> list[Tree] | None:
    """Return a file's trees, or None where it is broken.

    Args:
        comments: They are needed, and so are positions; without, narrow YAML is read faster.
    """
    try:
        found = narrow.parse(text) if name == "yaml" and not comments else None
        return found or load_format(name).parse(text)
    except Error:
        return None
