"""Write merged values as text: ours as it stands, with what came from theirs spliced in.

A collection's text is its entries and the gaps between them. Entries of ours keep their text
and their gaps, entries of theirs bring their own text, moved to the column where they now
stand. The outcome is a proposal: whoever asks for it compares what it says with the values.
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence
from sopsmith.sops.merging.values import Mixed, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats import Format

_Collection = Mapping | Sequence


class _Entry:
    """One entry's text and the text between the one before and it.

    Attributes:
        column: Where its first character stood, for the lines below to move with it.
    """

    __slots__ = ("body", "column", "gap", "node", "value_start")

    def __init__(self, node: Node, gap: str, body: str, column: int, value_start: int) -> None:
        self.node = node
        self.gap = gap
        self.body = body
        self.column = column
        self.value_start = value_start  # where the value begins in the body


class Respeller:
    """Write outcomes over the text of our side.

    Args:
        form: The format of both texts.
    """

    def __init__(self, form: Format, ours: str, theirs: str) -> None:
        self._form = form
        self._ours = ours
        self._theirs = theirs

    def text(self, roots: list[Node], outcomes: list[Outcome]) -> str | None:
        """Return our text with each document's outcome in place of its root.

        None where the documents are not the same ones, or the format cannot hold a value.
        """
        if len(roots) != len(outcomes):
            return None
        edits = []
        try:
            for root, outcome in zip(roots, outcomes, strict=True):
                if outcome is not root:
                    start, end = _span(root, self._ours)
                    edits.append((start, end, self._write(root, outcome)))
        except (FormatError, AssertionError, ValueError):
            return None
        return splice(self._ours, edits)

    def _write(self, ours: Node, outcome: Outcome) -> str:
        """Return the text of an outcome that is put where a node of ours stands."""
        if outcome is ours:
            start, end = _span(ours, self._ours)
            return self._ours[start:end]
        if isinstance(outcome, Mixed):
            assert not isinstance(ours, Scalar)
            return self._collection(ours, outcome)
        return self._foreign(outcome, _flow(ours), _column(self._ours, _span(ours, self._ours)[0]))

    def _foreign(self, node: Node, flow: bool, column: int) -> str:
        start, end = _span(node, self._theirs)
        if flow and not _flow(node):
            return self._form.write_flow(node)
        return _move(self._theirs[start:end], column - _column(self._theirs, start))

    def _collection(self, ours: _Collection, outcome: Mixed) -> str:
        """Return the text of a collection of ours with entries of both sides."""
        start, end = _span(ours, self._ours)
        own = _entries(ours, self._ours)
        other = _entries(outcome.theirs, self._theirs)
        if not outcome.entries:
            return "{}" if isinstance(ours, Mapping) else "[]"
        if not own or _flow(ours) != _flow(outcome.theirs):
            raise FormatError("the two sides write the collection in two styles")
        closing = self._ours[start + sum(len(one.gap) + len(one.body) for one in own) : end]
        return self._joined(ours, outcome, own, other) + closing

    def _joined(
        self, ours: _Collection, outcome: Mixed, own: list[_Entry], other: list[_Entry]
    ) -> str:
        flow, column = _flow(ours), own[0].column
        by_node = {id(one.node): one for one in own}
        keys = {
            key: one for (key, _), one in zip(_pairs(ours), own, strict=True) if key is not None
        }
        theirs = {id(one.node): one for one in other}
        parts: list[str] = []
        for key, child in outcome.entries:
            mine = by_node.get(id(child)) or (keys.get(key) if key is not None else None)
            if isinstance(child, Mixed) and mine is None:
                mine = by_node.get(id(child.ours))
            if mine is not None:
                gap, body = mine.gap, mine.body
                if child is not mine.node:
                    body = self._changed(mine, child)
            else:
                entry = theirs[id(child)]
                shift = column - entry.column
                # What stands on the line of the entry before is a remark on that one.
                own_gap = entry.gap if flow else entry.gap[max(entry.gap.find("\n"), 0) :]
                gap, body = _move(own_gap + "|", shift)[:-1], _move(entry.body, shift)
            lead = _joint(gap, column, flow=flow) if parts else own[0].gap
            parts.append(lead + body)
        return "".join(parts)

    def _changed(self, mine: _Entry, child: Outcome) -> str:
        """Return an entry of ours with another value; its key keeps its text."""
        head = mine.body[: mine.value_start]
        same_kind = isinstance(child, Mixed) or type(child) is type(mine.node)
        if not same_kind and not _flow(mine.node) and isinstance(child, Node):
            # A block stands below its key and a scalar behind it.
            line = "\n" + " " * (mine.column + 2) if not isinstance(child, Scalar) else " "
            head = head.rstrip() + (" " if not isinstance(child, Scalar) and child.flow else line)
        return head + self._write(mine.node, child)


def _pairs(node: _Collection) -> list[tuple[str | None, Node]]:
    if isinstance(node, Mapping):
        return [(key, child) for key, child in node.entries]
    return [(None, child) for child in node.items]


def _entries(node: _Collection, text: str) -> list[_Entry]:
    """Return the entries of a collection with the text that leads to each."""
    found = []
    done = _span(node, text)[0]
    for index, (_, child) in enumerate(_pairs(node)):
        value_start, value_end = _span(child, text)
        start, end = value_start, value_end
        if isinstance(node, Mapping):
            start = node.keys[index][0]
            end = max(value_end, node.keys[index][1])
        body = text[start:end]
        found.append(
            _Entry(child, text[done:start], body, _column(text, start), max(value_start - start, 0))
        )
        done = end
    return found


def _joint(gap: str, column: int, *, flow: bool) -> str:
    """Return the text that leads to an entry which is not the first of its collection."""
    if flow:
        return gap if "," in gap else "," + (gap.lstrip("{[") or " ")
    # The first entry of a collection has no line break of its own.
    return gap if "\n" in gap else "\n" + " " * (column - len(gap)) + gap


def _flow(node: Node) -> bool:
    return node.flow


def _column(text: str, position: int) -> int:
    return position - (text.rfind("\n", 0, position) + 1)


def _span(node: Node, text: str) -> tuple[int, int]:
    """Return where a node's own text stands, without the line breaks behind it."""
    start, end = node.start, _end(node)
    if start < 0 and isinstance(node, Mapping) and node.keys:
        start = node.keys[0][0]
    if start < 0:
        raise FormatError("the value has no text of its own")
    return start, max(start, start + len(text[start:end].rstrip("\r\n ")))


def _end(node: Node) -> int:
    if isinstance(node, Scalar) or node.flow or node.alias:
        return node.end
    if isinstance(node, Mapping):
        return max(_end(node.entries[-1][1]), node.keys[-1][1]) if node.entries else node.end
    return _end(node.items[-1]) if node.items else node.end


def _move(source: str, shift: int) -> str:
    """Return a text with every line but the first moved by some columns."""
    if shift == 0 or "\n" not in source:
        return source
    first, *rest = source.split("\n")
    if shift > 0:
        moved = [" " * shift + line if line.strip() else line for line in rest]
    else:
        moved = [line[min(-shift, len(line) - len(line.lstrip(" "))) :] for line in rest]
    return "\n".join([first, *moved])
