"""Add and remove entries of a list in a YAML file, and keep every other byte.

The text is edited, never written anew: comments, quoting, indentation and line ends stay.
What comes out is parsed again and compared with what was asked for, so that a form of YAML
that this module does not foresee is an error and never a broken file.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from sopsmith.errors import FormatError, ManifestError
from sopsmith.formats.narrow_lists import parse_lists
from sopsmith.formats.splice import Edit, splice
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Tree, to_object
from sopsmith.formats.yaml import parse, quote, read

Insert = tuple[int, str]
"""Index of the present entry before which a new one goes, and the new one."""


class _Place(NamedTuple):
    """Where a list stands: the text, the document's root and the list's key and node."""

    text: str
    root: Mapping
    key: str
    node: Node | None
    newline: str

    @property
    def key_end(self) -> int:
        """Return the offset behind the colon of the key."""
        index = [name for name, _ in self.root.entries].index(self.key)
        return self.text.index(":", self.root.keys[index][1]) + 1


def read_root(text: str) -> Mapping | None:
    """Return the mapping that a YAML text holds, without places, or None if it holds nothing.

    Raises:
        FormatError: It is not YAML.
        ManifestError: It holds several documents, or something else than a mapping.
    """
    return _root(read(text))


def _root(trees: list[Tree]) -> Mapping | None:
    if len(trees) > 1:
        raise ManifestError(f"has {len(trees)} YAML documents; one was expected")
    root = trees[0].root if trees else None
    if root is None or (isinstance(root, Scalar) and root.value is None):
        return None
    if not isinstance(root, Mapping):
        raise ManifestError("is no YAML mapping")
    return root


def read_list(root: Mapping | None, key: str) -> list[str]:
    """Return the entries under a top-level key, with an empty text for what is no text.

    Raises:
        ManifestError: Something else than a list stands there.
    """
    node = root.get(key) if root else None
    return [
        item.value if isinstance(item, Scalar) and isinstance(item.value, str) else ""
        for item in _items(node, key)
    ]


def edit_list(text: str, key: str, inserts: list[Insert], removed: set[int]) -> str:
    """Return the text with entries added to and removed from the list under a top-level key.

    Args:
        inserts: New entries; those before one index keep their order.
        removed: Indices of present entries to take out.

    Raises:
        FormatError, ManifestError: The text is not one YAML mapping, holds no list there, or is
            written in a way that cannot be edited safely.
    """
    if not inserts and not removed:
        return text
    root = parse_lists(text) or _root(parse(text))
    if root is None:
        raise ManifestError("is empty")
    wanted = _merged(read_list(root, key), inserts, removed)
    closed = text.endswith("\n")
    newline = "\r\n" if "\r\n" in text else "\n"
    whole = text if closed else text + newline
    place = _Place(whole, root, key, root.get(key), newline)
    edited = splice(whole, _edits(place, inserts, removed))
    if not closed:
        edited = edited.removesuffix("\n").removesuffix("\r")
    _verify(root, edited, key, wanted)
    return edited


def _items(node: Node | None, key: str) -> list[Node]:
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return []
    if not isinstance(node, Sequence):
        raise ManifestError("is no list", key=key)
    return node.items


def _merged(entries: list[str], inserts: list[Insert], removed: set[int]) -> list[str]:
    merged = []
    new = _by_index(inserts)
    for index in range(len(entries) + 1):
        merged += new.get(index, [])
        if index < len(entries) and index not in removed:
            merged.append(entries[index])
    return merged


def _by_index(inserts: list[Insert]) -> dict[int, list[str]]:
    """Return the new entries by the index that they go before, each in their order."""
    found: dict[int, list[str]] = {}
    for index, entry in inserts:
        found.setdefault(index, []).append(entry)
    return found


def _edits(place: _Place, inserts: list[Insert], removed: set[int]) -> list[Edit]:
    if place.root.flow or getattr(place.node, "alias", False):
        raise _unsafe(place.key)
    items = _items(place.node, place.key)
    if place.node is None:
        return [_new_key(place, inserts)]
    if isinstance(place.node, Sequence) and place.node.flow:
        source = place.text[place.node.start : place.node.end]
        if items or "\n" in source:
            return _flow_edits(place, items, inserts, removed)
    if not items:
        return _open_block(place, inserts)
    return _block_edits(place, items, inserts, removed)


def _new_key(place: _Place, inserts: list[Insert]) -> Edit:
    end = len(place.text)
    # A document may end before its text does, with a line of dots.
    dots = place.text.find("\n...", place.root.end - 1)
    if dots >= 0:
        end = dots + 1
    head = f"{quote(place.key)}:{place.newline}"
    return end, end, head + _lines(place, [entry for _, entry in inserts], _indent(place))


def _open_block(place: _Place, inserts: list[Insert]) -> list[Edit]:
    """Put the first entries below a key whose value is empty, `[]` or null."""
    at = _line_end(place.text, place.key_end)
    edits = [(at, at, _lines(place, [entry for _, entry in inserts], _indent(place)))]
    node = place.node
    if node is not None and node.end > node.start >= 0:
        edits.append((place.key_end, node.end, ""))
    return edits


def _block_edits(
    place: _Place, items: list[Node], inserts: list[Insert], removed: set[int]
) -> list[Edit]:
    spans = [_item_lines(place.text, item) for item in items]
    edits = [(*spans[index], "") for index in removed]
    if len(removed) == len(items) and not inserts:
        return [*edits, (place.key_end, place.key_end, " []")]
    first = spans[0][0]
    indent = place.text[first : place.text.index("-", first)]
    for index, new in _by_index(inserts).items():
        # Behind the entry before, or the key: a comment stays above the entry that it is about.
        at = spans[index - 1][1] if index else _line_end(place.text, place.key_end)
        edits.append((at, at, _lines(place, new, indent)))
    return edits


def _flow_edits(
    place: _Place, items: list[Node], inserts: list[Insert], removed: set[int]
) -> list[Edit]:
    node = place.node
    assert node is not None
    text = place.text
    gaps = [text[one.end : other.start] for one, other in pairwise(items)]
    usual = gaps[0] if gaps and "#" not in gaps[0] else ", "
    parts: list[tuple[str, str]] = []
    new = _by_index(inserts)
    for index in range(len(items) + 1):
        parts += [(quote(entry, flow=True), usual) for entry in new.get(index, [])]
        if index < len(items) and index not in removed:
            source = text[items[index].start : items[index].end]
            parts.append((source, gaps[index] if index < len(gaps) else usual))
    if not parts:
        return [(node.start, node.end, "[]")]
    written = "".join(source + gap for source, gap in parts[:-1]) + parts[-1][0]
    if not items:
        return [(node.start + 1, node.start + 1, written)]
    return [(items[0].start, items[-1].end, written)]


def _lines(place: _Place, entries: list[str], indent: str) -> str:
    return "".join(f"{indent}- {quote(entry)}{place.newline}" for entry in entries)


def _indent(place: _Place) -> str:
    """Return the indent of the file's other lists, or two spaces."""
    for _, node in place.root.entries:
        if isinstance(node, Sequence) and not node.flow and node.items and not node.alias:
            start, _ = _item_lines(place.text, node.items[0])
            return place.text[start : place.text.index("-", start)]
    return "  "


def _item_lines(text: str, item: Node) -> tuple[int, int]:
    """Return the span of the whole lines of a block list's entry."""
    start = text.rfind("\n", 0, item.start) + 1
    while start and not text[start : item.start].lstrip(" ").startswith("-"):
        start = text.rfind("\n", 0, start - 1) + 1
    end = _content_end(item)
    # A block text's span ends behind its last line already.
    return start, end if text[end - 1 : end] == "\n" else _line_end(text, end)


def _content_end(node: Node) -> int:
    """Return where a node's own text ends; a block collection's mark is the next token's."""
    if isinstance(node, Scalar) or node.flow or node.alias:
        return node.end
    return _content_end(node.entries[-1][1] if isinstance(node, Mapping) else node.items[-1])


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _verify(root: Mapping, edited: str, key: str, wanted: list[str]) -> None:
    try:
        new = read_root(edited)
        done = read_list(new, key) == wanted
    except (FormatError, ManifestError):
        raise _unsafe(key) from None
    if not done or new is None or _others(new, key) != _others(root, key):
        raise _unsafe(key)


def _others(root: Mapping, key: str) -> list[tuple[str, object]]:
    return [(name, _trimmed(to_object(node))) for name, node in root.entries if name != key]


def _trimmed(value: object) -> object:
    """Return a value without the line end that a last block text gains when more follows."""
    if isinstance(value, dict):
        return {name: _trimmed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_trimmed(inner) for inner in value]
    return value.rstrip("\n") if isinstance(value, str) else repr(value)


def _unsafe(key: str) -> ManifestError:
    return ManifestError(
        "is written in a way that cannot be edited safely",
        key=key,
        hint="write it as a block list, one `- entry` a line",
    )
