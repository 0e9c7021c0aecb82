"""Find the comments of a YAML text and say which collection holds each.

SOPS encrypts a comment with the key path of its collection as additional data, and takes the
collection from go-yaml, which attaches comments to nodes by indentation. This module gives
the same answer from positions alone.

Source: go.yaml.in/yaml/v3 scannerc.go (yaml_parser_scan_comments, yaml_parser_unroll_indent).
"""

from __future__ import annotations

import re
from bisect import bisect_right

from sopsmith.formats.tree import Comment, Mapping, Node, Path, Scalar, Sequence, Tree, walk

_BLOCK_HEADER_COMMENT = re.compile(r"(?:[!&]\S*[ \t]+)*[|>][-+0-9]*[ \t]+(#[^\r\n]*)")
_Collection = Mapping | Sequence


def find_comments(text: str, trees: list[Tree], spans: list[tuple[int, int]]) -> None:
    """Fill in each tree's comments, in the order of the text.

    Args:
        spans: (start, end) of every token of the text; what lies between them is white space
            and comments alone.
    """
    found = [(start, end) for gap in _gaps(text, spans) for start, end in _in_gap(text, *gap)]
    found += [span for tree in trees for span in _in_headers(text, tree)]
    index = 0
    for start, end in sorted(found):
        while index + 1 < len(trees) and start >= trees[index].end:
            index += 1
        path = _container(text, trees[index].root, start)
        trees[index].comments.append(Comment(text[start + 1 : end], path, start, end))


def _gaps(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps = []
    done = 0
    for start, end in sorted(spans):
        if start > done:
            gaps.append((done, start))
        done = max(done, end)
    gaps.append((done, len(text)))
    return gaps


def _in_gap(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    position = text.find("#", start, end)
    while position >= 0:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop
        found.append((position, position + len(text[position:stop].rstrip("\r"))))
        position = text.find("#", stop, end)
    return found


def _in_headers(text: str, tree: Tree) -> list[tuple[int, int]]:
    found = []
    for _, _, scalar in walk(tree.root):
        match = _BLOCK_HEADER_COMMENT.match(text, scalar.start) if scalar.start >= 0 else None
        if match and match.end() <= scalar.end:
            found.append(match.span(1))
    return found


def _container(text: str, root: Node, position: int) -> Path:
    """Return the key path of the collection that a comment belongs to."""
    if isinstance(root, Scalar):
        return ()
    line_start = text.rfind("\n", 0, position) + 1
    alone = not text[line_start:position].strip()
    chain, head = _enclosing(root, position)
    innermost, path = chain[-1]
    if innermost.flow or not alone:
        return path
    if head is not None:
        return head
    column = position - line_start
    while len(chain) > 1 and (
        chain[-1][0].indent > column or _is_past_compact(chain[-1][0], chain[-2][0], position)
    ):
        chain.pop()
    return chain[-1][1]


def _enclosing(
    root: _Collection, position: int
) -> tuple[list[tuple[_Collection, Path]], Path | None]:
    """Return the collections around a position, outermost first, and the path of the one
    that begins right behind it: a comment above a collection's first entry belongs to it."""
    chain: list[tuple[_Collection, Path]] = [(root, ())]
    while True:
        node, path = chain[-1]
        index = bisect_right(_starts(node), position) - 1
        if index < 0:
            return chain, None
        child, child_path = _child(node, path, index)
        if isinstance(child, Scalar) or child.alias:
            return chain, None
        if child.start > position:
            return chain, child_path
        if position >= child.end:
            return chain, None
        chain.append((child, child_path))


def _starts(node: _Collection) -> list[int]:
    if isinstance(node, Mapping):
        return [start for start, _ in node.keys]
    return [item.start for item in node.items]


def _child(node: _Collection, path: Path, index: int) -> tuple[Node, Path]:
    if isinstance(node, Mapping):
        key, child = node.entries[index]
        return child, (*path, key)
    return node.items[index], path


def _is_past_compact(inner: _Collection, outer: _Collection, position: int) -> bool:
    """Tell whether a comment follows a list that is not indented under its key.

    Such a list's column is its parent's too, so a comment at that column behind the last
    item is the parent's.
    """
    if not isinstance(inner, Sequence) or not isinstance(outer, Mapping):
        return False
    return inner.indent == outer.indent and bool(inner.items) and inner.items[-1].end <= position
