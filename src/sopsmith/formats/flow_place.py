"""Change collections in brackets: all of JSON's, and YAML's flow style."""

from __future__ import annotations

from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Comment, Mapping, Node, Sequence

Span = tuple[int, int]


def spans_of(node: Mapping | Sequence) -> list[Span]:
    """Return the span of each entry, its key included, or of each item."""
    if isinstance(node, Sequence):
        return [(item.start, item.end) for item in node.items]
    pairs = zip(node.keys, node.entries, strict=True)
    return [(key[0], max(key[1], child.end)) for key, (_, child) in pairs]


def children_of(node: Mapping | Sequence) -> list[Node]:
    """Return the nodes directly inside a collection."""
    return node.items if isinstance(node, Sequence) else [child for _, child in node.entries]


class FlowEdits:
    """Add and drop entries between brackets, in the layout that is there.

    Args:
        comments: Those of the text; a comma inside of one is none.
    """

    def __init__(self, text: str, comments: list[Comment]) -> None:
        self._text = text
        self._comments = {comment.start: comment.end for comment in comments}

    def add(
        self, node: Mapping | Sequence, bracket: int, source: str, *, before: int | None = None
    ) -> list[Edit]:
        """Return the edits that put an entry behind the last one, or before one.

        Args:
            bracket: Where the opening bracket stands.
        """
        spans = spans_of(node)
        if not spans:
            return [(bracket + 1, bracket + 1, source)]
        gap = self._gap(spans, bracket)
        if before is not None:
            at = spans[before][0]
            return [(at, at, f"{source},{gap}")]
        end = spans[-1][1]
        comma = self._comma(end)
        if comma < 0:
            return [(end, end, f",{gap}{source}")]
        return [(comma + 1, comma + 1, gap + source)]

    def drop(self, node: Mapping | Sequence, bracket: int, index: int) -> list[Edit]:
        """Return the edits that take an entry and one comma away."""
        spans = spans_of(node)
        start, end = spans[index]
        if len(spans) == 1 and not self._text[bracket + 1 : start].strip():
            tail = self._text[end : node.end - 1]
            if not tail.strip(" \t\r\n,"):
                return [(bracket + 1, node.end - 1, "")]
        comma = self._comma(end)
        if comma >= 0:
            if self._text[end:comma].strip():
                return [self._whole_line(start, end), (comma, comma + 1, "")]
            return [self._whole_line(start, comma + 1)]
        before = self._comma(spans[index - 1][1]) if index else -1
        if before < 0:
            return [self._whole_line(start, end)]
        if self._text[before + 1 : start].strip():
            return [(before, before + 1, ""), self._whole_line(start, end)]
        return [(before, end, "")]

    def is_spread(self, node: Mapping | Sequence, bracket: int) -> bool:
        """Tell whether the entries stand on lines of their own."""
        spans = spans_of(node)
        return bool(spans) and "\n" in self._text[bracket + 1 : spans[0][0]]

    def _gap(self, spans: list[Span], bracket: int) -> str:
        """Return the white space that stands between a comma and the next entry."""
        lead = self._text[bracket + 1 : spans[0][0]]
        if "\n" in lead:
            return ("\r\n" if "\r\n" in lead else "\n") + _indent(self._text, spans[0][0])
        if len(spans) > 1:
            between = self._text[self._comma(spans[0][1]) + 1 : spans[1][0]]
            return between if not between.strip(" ") else " "
        return " "

    def _comma(self, place: int) -> int:
        """Return where the comma behind an entry stands, or -1."""
        while place < len(self._text):
            if place in self._comments:
                place = self._comments[place]
            elif self._text[place] == ",":
                return place
            elif self._text[place].isspace():
                place += 1
            else:
                break
        return -1

    def _whole_line(self, start: int, end: int) -> Edit:
        """Widen a span over what white space would be left of it."""
        text = self._text
        line = text.rfind("\n", 0, start) + 1
        stop = end
        while text[stop : stop + 1] in (" ", "\t"):
            stop += 1
        at_end = text[stop : stop + 1] in ("\n", "\r")
        if at_end and not text[line:start].strip():
            return line, text.find("\n", stop) + 1, ""
        if at_end:
            return start, end, ""
        return start, stop, ""


def _indent(text: str, place: int) -> str:
    line = text.rfind("\n", 0, place) + 1
    lead = text[line:place]
    return lead[: len(lead) - len(lead.lstrip())]
