"""Change single places of a YAML text, in block style and in flow style.

Where a comment stands behind the key of a value that is replaced, it stays there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

import yaml as pyyaml

from sopsmith.errors import FormatError
from sopsmith.formats.flow_place import FlowEdits, children_of, spans_of
from sopsmith.formats.place import Token
from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Tree
from sopsmith.formats.yaml_lines import block_lines, entry_lines, flow_text, item_lines
from sopsmith.formats.yaml_write import quote, write_scalar

_LOADER: Any = getattr(pyyaml, "CLoader", pyyaml.Loader)
_STEP = 4  # columns; what sops writes
_PROPERTIES = re.compile(r"[ \t]*(?:[&!][^ \t\r\n]*[ \t]*)*")


class Placer:
    """`place.Placer` for YAML."""

    def __init__(self, text: str, tree: Tree, last: str) -> None:
        self._text = text
        self._tree = tree
        self._last = last
        self._flow = FlowEdits(text, tree.comments)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._dashes: list[int] = []
        self._colons: list[int] = []
        self._brackets: list[int] = []
        self._read_marks()
        self._step = self._find_step()

    def replace(self, parent: Mapping | Sequence, index: int, value: object) -> list[Edit]:
        """Return the edits that put a value in place of another."""
        node = children_of(parent)[index]
        if parent.flow:
            return self._replace_in_flow(parent, index, node, value)
        stays_flow = not isinstance(node, Scalar) and node.flow and not node.alias
        if stays_flow and value and isinstance(value, dict | list):
            return [(node.start, node.end, flow_text(value))]
        head = self._head(parent, index)
        end = self._with_last_note(head, self._end(node, head))
        note = self._note(head, end)
        if not isinstance(value, dict | list) or not value:
            at = Scalar(None, head, end, indent=self._column(parent))
            return [(head, end, _with_note(" " + self._scalar(value, at), note))]
        return self._put_block(parent, value, (head, end), note)

    def add(self, parent: Mapping | Sequence, key: str | None, value: object) -> list[Edit]:
        """Return the edits that put an entry, or an item, behind the last."""
        count = len(children_of(parent))
        kept = (
            parent is self._tree.root
            and isinstance(parent, Mapping)
            and bool(self._last)
            and bool(count)
            and parent.entries[-1][0] == self._last
        )
        if parent.flow:
            name = "" if key is None else quote(key, flow=True) + ": "
            source = name + flow_text(value)
            before = count - 1 if kept else None
            return self._flow.add(parent, self._bracket(parent), source, before=before)
        column = self._column(parent)
        if key is None:
            lines = item_lines(value, column, self._step)
        else:
            lines = entry_lines(key, value, column, self._step)
        source = self._newline.join(lines)
        if isinstance(parent, Mapping) and kept and count == 1:
            start = self._line(parent.keys[0][0])
            return [(start, start, source + self._newline)]
        at = self._after(self._stop(parent, count - 2 if kept else count - 1))
        if at and self._text[at - 1] != "\n":
            return [(at, at, self._newline + source)]
        return [(at, at, source + self._newline)]

    def drop(self, parent: Mapping | Sequence, index: int) -> list[Edit]:
        """Return the edits that take an entry or item away, with its whole lines."""
        if parent.flow:
            return self._flow.drop(parent, self._bracket(parent), index)
        start, stop = self._start(parent, index), self._stop(parent, index)
        line = self._line(start)
        inline = bool(self._text[line:start].strip())
        if not self._stays_filled(parent):
            return self._empty(parent, start, stop, inline=inline)
        if not inline:
            return [(line, self._after(stop), "")]
        return [self._drop_behind_dash(parent, index, start, stop)]

    def _stays_filled(self, parent: Mapping | Sequence) -> bool:
        """Tell whether something is left of a collection that loses an entry."""
        notes = isinstance(parent, Sequence) and self._comment_items(parent)
        return len(children_of(parent)) > 1 or bool(notes)

    def _empty(
        self, parent: Mapping | Sequence, start: int, stop: int, *, inline: bool
    ) -> list[Edit]:
        """Return the edits that leave an empty collection in place of its only entry."""
        blank = "{}" if isinstance(parent, Mapping) else "[]"
        line = self._line(start)
        if inline:
            return [(start, stop, blank)]
        if parent is self._tree.root:
            return [(line, stop, blank)]
        # The collection hangs on the line of its key or dash, behind an anchor if it has one.
        marks = sorted(self._colons + self._dashes)
        head = marks[bisect_left(marks, parent.start) - 1] + 1
        match = _PROPERTIES.match(self._text, head)
        end = match.end() if match else head
        lead = self._text[head:end].rstrip()
        return [(head, head + len(lead), f"{lead} {blank}"), (line, self._after(stop), "")]

    def _drop_behind_dash(
        self, parent: Mapping | Sequence, index: int, start: int, stop: int
    ) -> Edit:
        """Return the edit that takes away what stands behind the dash of an outer list."""
        following = self._start(parent, index + 1) if index + 1 < len(children_of(parent)) else -1
        if following >= 0 and not self._text[self._after(stop) : following].strip():
            return start, following, ""
        while self._text[start - 1] in " \t":
            start -= 1
        return start, self._line_end(stop), ""

    def _replace_in_flow(
        self, parent: Mapping | Sequence, index: int, node: Node, value: object
    ) -> list[Edit]:
        start, end = node.start, node.end
        if start < end:
            return [(start, end, flow_text(value))]
        # An empty value: `{a: }` has a colon, `{a}` has none.
        key_end = parent.keys[index][1] if isinstance(parent, Mapping) else start
        place = bisect_left(self._colons, key_end)
        next_colon = self._colons[place] if place < len(self._colons) else len(self._text)
        mark = " " if not self._text[key_end:next_colon].strip() else ": "
        at = next_colon + 1 if mark == " " else key_end
        return [(at, at, mark + flow_text(value))]

    def _put_block(
        self, parent: Mapping | Sequence, value: object, span: tuple[int, int], note: str
    ) -> list[Edit]:
        head, end = span
        column = self._column(parent)
        is_item = isinstance(parent, Sequence)
        line_end = self._line_end(end)
        behind = self._text[end:line_end].strip()
        lines = block_lines(value, column + (2 if is_item else self._step), self._step)
        if is_item and not behind and not note:
            return [(head, end, " " + self._newline.join(lines).lstrip())]
        source = self._newline + self._newline.join(lines)
        if not behind:
            return [(head, end, (" " + note if note else "") + source)]
        return [(head, end, ""), (line_end, line_end, source)]

    def _scalar(self, value: object, at: Scalar) -> str:
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        assert value is None or isinstance(value, str | int | float | bytes)
        return value if isinstance(value, Token) else write_scalar(value, at, self._text)

    def _note(self, head: int, end: int) -> str:
        """Return the comment inside a span that stands on its first line."""
        line_end = self._line_end(head)
        for comment in self._tree.comments:
            if head <= comment.start < min(end, line_end) and not comment.item:
                return self._text[comment.start : comment.end]
        return ""

    def _with_last_note(self, head: int, end: int) -> int:
        """Return the end of a value, the comment behind its last line included.

        Behind a value of several lines it is the last part's, and no comment of the key's.
        """
        line_end = self._line_end(end)
        if line_end == self._line_end(head):
            return end
        behind = [one.end for one in self._tree.comments if end <= one.start < line_end]
        end = max([end, *behind])
        # White space would come to stand behind a comment that stays, and be a part of it.
        return end if self._text[end:line_end].strip() else line_end

    def _head(self, parent: Mapping | Sequence, index: int) -> int:
        """Return where the value begins: behind the colon or the dash."""
        if isinstance(parent, Sequence):
            return self._start(parent, index) + 1
        place = bisect_left(self._colons, parent.keys[index][1])
        colon = self._colons[place] if place < len(self._colons) else len(self._text)
        following = parent.keys[index + 1 :]
        if (following and colon > following[0][0]) or colon == len(self._text):
            raise FormatError("the key has no colon, so a value has no place behind it")
        return colon + 1

    def _start(self, parent: Mapping | Sequence, index: int) -> int:
        """Return where an entry begins: its key, or the question mark before it, or its dash."""
        if isinstance(parent, Sequence):
            return self._dashes[bisect_left(self._dashes, parent.items[index].start) - 1]
        start = parent.keys[index][0]
        lead = self._text[self._line(start) : start]
        return start - (len(lead) - lead.rindex("?")) if lead.strip() == "?" else start

    def _stop(self, parent: Mapping | Sequence, index: int) -> int:
        """Return where the text of an entry or item ends, line breaks behind it left out."""
        node = children_of(parent)[index]
        otherwise = parent.keys[index][1] if isinstance(parent, Mapping) else node.start
        stop = self._end(node, otherwise)
        if isinstance(parent, Sequence) and index == len(parent.items) - 1:
            return max([stop, *self._comment_items(parent)])
        return stop

    def _end(self, node: Node, otherwise: int) -> int:
        end = max(self._content_end(node, otherwise), otherwise)
        return otherwise + len(self._text[otherwise:end].rstrip())

    def _content_end(self, node: Node, otherwise: int) -> int:
        if isinstance(node, Scalar) or node.flow or node.alias:
            return node.end
        children = children_of(node)
        ends = self._comment_items(node) if isinstance(node, Sequence) else []
        if children:
            below = spans_of(node)[-1][0] if isinstance(node, Mapping) else otherwise
            ends.append(self._content_end(children[-1], below))
        return max(ends, default=otherwise)

    def _comment_items(self, node: Sequence) -> list[int]:
        """Return the ends of the comments that stand as items of a list."""
        ends = [one.end for one in self._tree.comments if one.item]
        return [end for end in ends if node.start < end <= node.end]

    def _column(self, parent: Mapping | Sequence) -> int:
        if isinstance(parent, Mapping):
            return parent.indent
        dash = self._dashes[bisect_left(self._dashes, parent.start)]
        return dash - self._line(dash)

    def _bracket(self, node: Node) -> int:
        place = bisect_left(self._brackets, node.start)
        first = spans_of(node)[0][0] if not isinstance(node, Scalar) and spans_of(node) else None
        found = self._brackets[place] if place < len(self._brackets) else len(self._text)
        if found >= (node.end if first is None else first):
            raise FormatError("the place is a pair without brackets; write it out first")
        return found

    def _line(self, place: int) -> int:
        return self._text.rfind("\n", 0, place) + 1

    def _line_end(self, place: int) -> int:
        """Return where the line of a place ends, its break left out."""
        end = self._text.find("\n", place)
        end = len(self._text) if end < 0 else end
        return end - (self._text[end - 1 : end] == "\r")

    def _after(self, place: int) -> int:
        end = self._text.find("\n", place)
        return len(self._text) if end < 0 else end + 1

    def _read_marks(self) -> None:
        for token in pyyaml.scan(self._text, Loader=_LOADER):
            start = token.start_mark.index
            if isinstance(token, pyyaml.BlockEntryToken) and self._text[start : start + 1] == "-":
                self._dashes.append(start)
            elif isinstance(token, pyyaml.ValueToken) and self._text[start : start + 1] == ":":
                self._colons.append(start)
            elif isinstance(token, pyyaml.FlowMappingStartToken | pyyaml.FlowSequenceStartToken):
                self._brackets.append(start)

    def _find_step(self) -> int:
        """Return by how many columns the file indents mappings; sops's four where none is."""
        root = self._tree.root
        for name, child in root.entries if isinstance(root, Mapping) else []:
            if name != self._last and isinstance(child, Mapping) and child.keys and not child.flow:
                return max(child.indent - root.indent, 1)
        return _STEP


def _with_note(source: str, note: str) -> str:
    """Put a comment behind a value's first line."""
    if not note:
        return source
    first, mark, rest = source.partition("\n")
    tail = "\r" if first.endswith("\r") else ""
    return f"{first.rstrip()} {note}{tail}{mark}{rest}"
