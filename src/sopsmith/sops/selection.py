"""Say of every value and comment of a document whether it is encrypted.

Most selectors look at key paths alone. The two that look at comments need the order of
comments and entries: a comment counts for the entry that follows it and all below, together
with the comment behind that entry; on every level the last entry ends what was seen before it.

Source: getsops/sops sops.go (Tree.shouldBeEncrypted, walkBranch's commentsStack).
"""

from __future__ import annotations

from sopsmith.formats.tree import Comment, Mapping, Node, Path, Scalar, Sequence, Tree
from sopsmith.sops.selectors import Selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_Collection = Mapping | Sequence


class Selection:
    """What a selector chooses of some documents.

    Args:
        text: Of the file; tells a comment on a line of its own from one behind a value.
    """

    __slots__ = ("_chosen", "_selector")

    def __init__(self, selector: Selector, trees: list[Tree], text: str) -> None:
        self._selector = selector
        self._chosen: set[int] | None = None
        if selector.by_comment:
            self._chosen = set()
            for tree in trees:
                self._chosen |= _ByComment(selector, tree, text).chosen

    def has_value(self, scalar: Scalar, path: Path) -> bool:
        """Tell whether a value at a path is encrypted."""
        return self._selector.selects(path) if self._chosen is None else id(scalar) in self._chosen

    def has_comment(self, comment: Comment) -> bool:
        """Tell whether a comment is encrypted."""
        if self._chosen is None:
            return self._selector.selects(comment.path)
        return id(comment) in self._chosen


class _ByComment:
    """Choose one document's values and comments by its comments."""

    def __init__(self, selector: Selector, tree: Tree, text: str) -> None:
        self._selector = selector
        self._text = text
        self.chosen: set[int] = set()
        self._groups = self._group_comments(tree)
        self._visit(tree.root, found=False)

    def _visit(self, node: Node, *, found: bool) -> None:
        """Walk a node; `found` says that a comment above it matches."""
        if isinstance(node, Scalar):
            if found is self._selector.found_means_encrypted:
                self.chosen.add(id(node))
            return
        groups = self._groups.get(id(node), {})
        children = [child for _, child in _entries(node)]
        for index in range(len(children) + 1):
            matched = found
            for comment in groups.get(index, []):
                matched = self._see(comment, matched=matched)
            if index < len(children):
                self._visit(children[index], found=matched)

    def _see(self, comment: Comment, *, matched: bool) -> bool:
        """Take a comment into account: it may be encrypted itself, and may match."""
        now = matched or self._selector.matches(comment.text)
        # A comment that asks for encryption stays readable; one that asks for clear text too.
        asked = matched if self._selector.found_means_encrypted else now
        if asked is self._selector.found_means_encrypted:
            self.chosen.add(id(comment))
        return now

    def _group_comments(self, tree: Tree) -> dict[int, dict[int, list[Comment]]]:
        """Return each collection's comments by the index of the entry that they stand before."""
        groups: dict[int, dict[int, list[Comment]]] = {}
        homes: dict[Path, list[_Collection]] = {}
        for path, node in _collections(tree.root, ()):
            homes.setdefault(path, []).append(node)
        if not tree.comments:
            return groups
        from bisect import bisect_right

        for comment in tree.comments:
            if comment.counts_before is not None:
                owner, index = comment.counts_before
                groups.setdefault(id(owner), {}).setdefault(index, []).append(comment)
                continue
            inline, column = self._line(comment.start)
            home = _home(homes.get(comment.path, []), comment.start, None if inline else column)
            if home is not None:
                before = bisect_right([start for start, _ in _entries(home)], comment.start)
                index = max(before - 1, 0) if inline else before
                groups.setdefault(id(home), {}).setdefault(index, []).append(comment)
        return groups

    def _line(self, position: int) -> tuple[bool, int]:
        """Tell whether something stands before a comment on its line, and its column."""
        start = self._text.rfind("\n", 0, position) + 1
        return bool(self._text[start:position].strip()), position - start


def _entries(node: _Collection) -> list[tuple[int, Node]]:
    """Return (start, node) of a collection's entries."""
    if isinstance(node, Mapping):
        # Copies behind an alias have no keys of their own in the text.
        starts = [start for start, _ in node.keys] or [-1] * len(node.entries)
        return [(start, child) for start, (_, child) in zip(starts, node.entries, strict=True)]
    return [(item.start, item) for item in node.items]


def _collections(node: Node, path: Path) -> Iterator[tuple[Path, _Collection]]:
    if isinstance(node, Mapping):
        yield path, node
        for key, child in node.entries:
            yield from _collections(child, (*path, key))
    elif isinstance(node, Sequence):
        yield path, node
        for item in node.items:
            yield from _collections(item, path)


def _home(homes: list[_Collection], position: int, column: int | None) -> _Collection | None:
    """Return the collection of a comment among those of its path: a list shares its path with
    the mappings in it, and there the column of a comment on a line of its own decides."""
    around = [
        one
        for one in homes
        if one.start <= position < one.end and (column is None or one.flow or one.indent <= column)
    ]
    if around:
        return max(around, key=lambda one: one.start)
    after = [one for one in homes if one.start > position]
    return min(after, key=lambda one: one.start) if after else (homes[-1] if homes else None)
