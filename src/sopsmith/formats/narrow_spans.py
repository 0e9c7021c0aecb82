"""Read the narrow YAML with the place of every key and value, or not at all.

An edit needs to know where things stand, and PyYAML, which says it, takes longer to load than a
merge takes for its work. The narrow reader tells what a text says; where it has accepted one,
each entry begins a line or stands behind a dash, so a walk over its trees finds the places.
Where there are comments, their places follow from the same tokens as in the general reader.
`tests/properties/test_spans_agree.py` proves that both agree wherever this one accepts.

Source: libyaml scanner.c, parser.c (the marks of tokens and events).
"""

from __future__ import annotations

from sopsmith.formats import narrow
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Tree


def parse(text: str) -> list[Tree] | None:
    """Return what `yaml_reader.parse` does, places included, or None where unsure.

    Args:
        text: The file without its byte order mark.
    """
    trees = narrow.parse(text)
    if trees is None:
        return None
    placer = _Placer(text)
    placer.place(trees)
    if placer.remarked:
        from sopsmith.formats.narrow_tokens import list_tokens
        from sopsmith.formats.yaml_comments import find_comments

        find_comments(text, trees, list_tokens(text, trees, placer.heads))
    return trees


class _Placer:
    """Walk trees and lines side by side.

    Attributes:
        heads: Where the `---` of each document stands; -1 where it has none.
        remarked: A comment was met.
    """

    def __init__(self, text: str) -> None:
        self.heads: list[int] = []
        self.remarked = False
        self._text = text
        self._lines = text.split("\n")
        self._lines.pop()
        self._at = 0
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, trees: list[Tree]) -> None:
        for tree in trees:
            start = self._next()
            self.heads.append(-1)
            if self._lines[self._at] == "---":
                self.heads[-1] = start
                self._at += 1
                start = self._next()
            assert isinstance(tree.root, Mapping)
            self._mapping(tree.root, start)
            tree.start, tree.end = start, tree.root.end

    def _next(self) -> int:
        """Go to the next line that is neither empty nor a comment; return where its text begins.

        libyaml ends a block there: at the token behind it.
        """
        lines, at = self._lines, self._at
        while at < len(lines):
            body = lines[at].lstrip(" ")
            if body and body[0] != "#":
                self._at = at
                return self._starts[at + 1] - 1 - len(body)
            self.remarked = self.remarked or bool(body)
            at += 1
        self._at = at
        return len(self._text)

    def _mapping(self, node: Mapping, start: int) -> None:
        node.start = start
        node.indent = start - self._starts[self._at]
        for key, child in node.entries:
            behind = start + len(key)
            node.keys.append((start, behind))
            self._value(child, behind + 1, node.indent)
            start = self._next()
        node.end = start

    def _sequence(self, node: Sequence, start: int) -> None:
        node.start = start
        node.indent = start - self._starts[self._at]
        for child in node.items:
            if isinstance(child, Mapping) and not child.flow:
                self._mapping(child, self._skip_spaces(start + 1))
            else:
                self._value(child, start + 1, node.indent)
            start = self._next()
        node.end = start

    def _value(self, node: Node, behind: int, indent: int) -> None:
        """Place what stands behind a colon or a dash, or below it, and go on to the next line."""
        stop = self._starts[self._at + 1] - 1
        if behind < stop:
            self._on_line(node, self._skip_spaces(behind), stop, indent)
            return
        self._at += 1
        if isinstance(node, Scalar):
            node.start = node.end = behind
            node.indent = indent
        elif isinstance(node, Mapping):
            self._mapping(node, self._next())
        else:
            self._sequence(node, self._next())

    def _skip_spaces(self, position: int) -> int:
        text = self._text
        while text[position] == " ":
            position += 1
        return position

    def _on_line(self, node: Node, start: int, stop: int, indent: int) -> None:
        if isinstance(node, Scalar):
            node.start, node.indent = start, indent
            if self._text[start] in "|>":
                self._skip_block()
                node.end = self._starts[self._at]
                return
            node.end = stop
        else:
            node.start, node.end = start, stop
            node.indent = start - self._starts[self._at]
            self._flow(node)
        self._at += 1

    def _skip_block(self) -> None:
        """Go behind a block of text and the empty lines below it, which libyaml counts to it."""
        lines, at = self._lines, self._at + 1
        pad = lines[at][: len(lines[at]) - len(lines[at].lstrip(" "))]
        while at < len(lines) and (not lines[at] or lines[at].startswith(pad)):
            at += 1
        self._at = at

    def _flow(self, node: Mapping | Sequence) -> None:
        """Place the words of `[a, b]` or `{a: b}`, the only forms that the narrow reader takes."""
        at = node.start + 1
        parts = self._text[at : node.end - 1].split(", ")
        if isinstance(node, Sequence):
            for child, part in zip(node.items, parts, strict=bool(node.items)):
                at = _place_word(child, at, part, node.indent)
            return
        for (key, child), part in zip(node.entries, parts, strict=bool(node.entries)):
            behind = at + len(key)
            node.keys.append((at, behind))
            at = _place_word(child, behind + 2, part[len(key) + 2 :], node.indent)


def _place_word(node: Node, start: int, text: str, indent: int) -> int:
    """Place a word between brackets, and return where the next one begins."""
    assert isinstance(node, Scalar)
    node.start, node.end, node.flow, node.indent = start, start + len(text), True, indent
    return node.end + len(", ")
