"""Give the lists at the top of a narrow YAML text their places, so that they can be edited.

The narrow reader tells what stands in a text and its lines tell where, so the lists of generators
and kustomizations are edited without the general reader. `tests/properties/test_lists_agree.py`
proves that both know the same places.
"""

from __future__ import annotations

from sopsmith.formats import narrow
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence


def parse_lists(text: str) -> Mapping | None:
    """Return the one document of a text, or None where not every place is certain.

    The keys at the top, the lists below them and the entries of those have places; nothing else
    has.
    """
    trees = narrow.parse(text)
    root = trees[0].root if trees and len(trees) == 1 else None
    if not isinstance(root, Mapping):
        return None
    root.end = len(text)
    return root if _place(text, root) else None


def _place(text: str, root: Mapping) -> bool:
    nodes = iter(root.entries)
    items: list[Node] | None = None
    at = 0
    for line in text.split("\n"):
        body = line.lstrip(" ")
        if items is not None and body.startswith("- "):
            source = body[1:].lstrip(" ")
            item = items.pop(0) if items else None
            # An entry of several lines, or of several values, needs more than its line.
            if not isinstance(item, Scalar) or source[0] in "|>":
                return False
            item.start, item.end = at + len(line) - len(source), at + len(line)
        elif line and line[0] not in " #":
            if items:
                return False
            key, node = next(nodes, ("", None))
            if node is None or not line.startswith(f"{key}:"):
                return False
            if isinstance(node, Scalar) and node.value is None and line != f"{key}:":
                return False  # A written null has a place.
            root.keys.append((at, at + len(key)))
            items = list(node.items) if isinstance(node, Sequence) else None
            if isinstance(node, Sequence) and node.flow:
                if items:
                    return False
                node.start, node.end = at + len(line) - 2, at + len(line)
        elif items and body and body[0] != "#":
            return False
        at += len(line) + 1
    return not items and next(nodes, None) is None
