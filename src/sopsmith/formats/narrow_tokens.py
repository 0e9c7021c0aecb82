"""Say the tokens of narrow YAML as PyYAML would, from trees that have their places.

Only comments need them: which collection one belongs to is worked out from tokens.

Source: libyaml scanner.c.
"""

from __future__ import annotations

from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Tree
from sopsmith.formats.yaml_remarks import BLOCK_END

_STYLES = frozenset("|>'\"")


class Mark:
    """A place in the text; `line` tells only the first line from all others."""

    __slots__ = ("column", "index", "line")

    def __init__(self, index: int, line: int, column: int) -> None:
        self.index = index
        self.line = line
        self.column = column


class Token:
    """A token as PyYAML has it."""

    __slots__ = ("end_mark", "id", "start_mark", "style", "value")

    def __init__(self, kind: str, start: Mark, end: Mark) -> None:
        self.id = kind
        self.start_mark = start
        self.end_mark = end
        self.value = ""
        self.style: str | None = None


def list_tokens(text: str, trees: list[Tree], heads: list[int]) -> list[Token]:
    """Return the tokens of a text.

    Args:
        heads: Where the `---` of each document stands; -1 where it has none.
    """
    lister = _Lister(text)
    lister.add("<stream start>", 0, 0)
    for tree, head in zip(trees, heads, strict=True):
        if head >= 0:
            lister.add("<document start>", head, head + len("---"))
        lister.node(tree.root, -1)
    lister.add("<stream end>", len(text), len(text))
    return lister.tokens


class _Lister:
    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        self._text = text
        self._first_break = text.find("\n")

    def add(self, kind: str, start: int, end: int) -> Token:
        token = Token(kind, self._mark(start), self._mark(end))
        self.tokens.append(token)
        return token

    def _mark(self, index: int) -> Mark:
        column = index - self._text.rfind("\n", 0, index) - 1
        return Mark(index, int(index > self._first_break), column)

    def node(self, node: Node, around: int) -> None:
        """Add the tokens of a node.

        Args:
            around: Column of the block mapping whose value it is, else -1.
        """
        if isinstance(node, Scalar):
            if node.start < node.end:
                self._scalar(node.start, node.end, empty=node.value == "")
        elif node.flow:
            self._flow(node)
        elif isinstance(node, Mapping):
            self.add("<block mapping start>", node.start, node.start)
            for span, (_, child) in zip(node.keys, node.entries, strict=True):
                self._key(*span)
                self.node(child, node.indent)
            self.add(BLOCK_END, node.end, node.end)
        else:
            self._sequence(node, indentless=node.indent == around)

    def _sequence(self, node: Sequence, *, indentless: bool) -> None:
        if not indentless:
            self.add("<block sequence start>", node.start, node.start)
        for child in node.items:
            dash = self._text.rfind("\n", 0, child.start) + 1 + node.indent
            self.add("-", dash, dash + 1)
            self.node(child, -1)
        if not indentless:
            self.add(BLOCK_END, node.end, node.end)

    def _flow(self, node: Mapping | Sequence) -> None:
        opening, closing = "{}" if isinstance(node, Mapping) else "[]"
        self.add(opening, node.start, node.start + 1)
        children = [one for _, one in node.entries] if isinstance(node, Mapping) else node.items
        for index, child in enumerate(children):
            if index:
                end = children[index - 1].end
                self.add(",", end, end + 1)
            if isinstance(node, Mapping):
                self._key(*node.keys[index])
            self.node(child, -1)
        self.add(closing, node.end - 1, node.end)

    def _key(self, start: int, end: int) -> None:
        self.add("?", start, start)
        self._scalar(start, end, empty=False)
        self.add(":", end, end + 1)

    def _scalar(self, start: int, end: int, *, empty: bool) -> None:
        token = self.add("<scalar>", start, end)
        first = self._text[start]
        token.style = first if first in _STYLES else None
        token.value = "" if empty else self._text[start:end]
