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
    """One entry's text and what is around it.

    Attributes:
        gap: The text between the entry before, or the start of the collection, and this one.
        body: Key and value.
        tail: A remark on the entry's last line, and the white space before it.
        column: Where its first character stood, for the lines below to move with it.
        value_start: Where the value begins in the body.
    """

    __slots__ = ("body", "column", "gap", "node", "tail", "value_start")

    def __init__(self, node: Node, gap: str, body: str, tail: str) -> None:
        self.node = node
        self.gap = gap
        self.body = body
        self.tail = tail
        self.column = 0
        self.value_start = 0


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
        column = _column(self._ours, _span(ours, self._ours)[0])
        return self._foreign(outcome, flow=ours.flow, column=column)

    def _foreign(self, node: Node, *, flow: bool, column: int) -> str:
        start, end = _span(node, self._theirs)
        if flow and not node.flow:
            return self._form.write_flow(node)
        return _move(self._theirs[start:end], column - _column(self._theirs, start))

    def _collection(self, ours: _Collection, outcome: Mixed) -> str:
        """Return the text of a collection of ours with entries of both sides."""
        if not outcome.entries:
            return "{}" if isinstance(ours, Mapping) else "[]"
        start, end = _span(ours, self._ours)
        own = _entries(ours, self._ours)
        if not own:
            if len(outcome.entries) != len(_pairs(outcome.theirs)):
                raise FormatError("an empty collection has no layout to follow")
            column = _column(self._ours, start)
            return self._foreign(outcome.theirs, flow=ours.flow, column=column)
        size = sum(len(one.gap) + len(one.body) + len(one.tail) for one in own)
        return self._joined(ours, outcome, own) + self._ours[start + size : end]

    def _joined(self, ours: _Collection, outcome: Mixed, own: list[_Entry]) -> str:
        by_node = {id(one.node): one for one in own}
        keys = {
            key: one for (key, _), one in zip(_pairs(ours), own, strict=True) if key is not None
        }
        theirs = {id(one.node): one for one in _entries(outcome.theirs, self._theirs)}
        parts: list[str] = []
        for key, child in outcome.entries:
            mine = keys.get(key) if key is not None else by_node.get(id(child))
            if isinstance(child, Mixed):
                mine = mine or by_node[id(child.ours)]
                gap, tail = mine.gap, mine.tail
                body = mine.body[: mine.value_start] + self._write(mine.node, child)
            elif mine is not None and child is mine.node:
                gap, body, tail = mine.gap, mine.body, mine.tail
            else:
                gap, body, tail = self._taken(theirs[id(child)], ours, own[0].column, outcome)
                gap, tail = (mine.gap, mine.tail or tail) if mine is not None else (gap, tail)
            lead = _joint(gap, own[0].column, flow=ours.flow) if parts else own[0].gap
            parts.append(lead + body + tail)
        return "".join(parts)

    def _taken(
        self, entry: _Entry, ours: _Collection, column: int, outcome: Mixed
    ) -> tuple[str, str, str]:
        """Return gap, body and tail of an entry of theirs, for a collection of ours."""
        shift = column - entry.column
        if ours.flow and not outcome.theirs.flow:
            key = entry.body[: entry.value_start].rstrip()
            return "", f"{key} {self._form.write_flow(entry.node)}".lstrip(), ""
        gap = "" if outcome.theirs.flow and not ours.flow else entry.gap
        return _move(gap + "|", shift)[:-1], _move(entry.body, shift), entry.tail


def _pairs(node: _Collection) -> list[tuple[str | None, Node]]:
    if isinstance(node, Mapping):
        return [(key, child) for key, child in node.entries]
    return [(None, child) for child in node.items]


def _entries(node: _Collection, text: str) -> list[_Entry]:
    """Return the entries of a collection with the text around each."""
    found = []
    done = _span(node, text)[0] if _pairs(node) else 0
    for index, (_, child) in enumerate(_pairs(node)):
        value_start, end = _span(child, text)
        start = value_start
        if isinstance(node, Mapping):
            start = node.keys[index][0]
            end = max(end, node.keys[index][1])
        tail_end = end if node.flow else _line_end(text, end)
        entry = _Entry(child, text[done:start], text[start:end], text[end:tail_end])
        entry.column = _column(text, start)
        entry.value_start = max(value_start - start, 0)
        found.append(entry)
        done = tail_end
    return found


def _line_end(text: str, position: int) -> int:
    """Return where a remark behind a position ends, or the position where there is none."""
    stop = text.find("\n", position)
    rest = text[position : stop if stop >= 0 else len(text)].rstrip("\r")
    return position + len(rest) if rest.lstrip().startswith("#") else position


def _joint(gap: str, column: int, *, flow: bool) -> str:
    """Return the text that leads to an entry which is not the first of its collection."""
    if flow:
        return gap if "," in gap else "," + (gap.lstrip("{[") or " ")
    # The first entry of a collection has no line break of its own.
    return gap if "\n" in gap else "\n" + " " * (column - len(gap)) + gap


def _column(text: str, position: int) -> int:
    return position - (text.rfind("\n", 0, position) + 1)


def _span(node: Node, text: str) -> tuple[int, int]:
    """Return where a node's own text stands, without the line breaks behind it.

    A block's last line belongs to it with its remark.
    """
    start, end = node.start, _end(node)
    if start < 0 and isinstance(node, Mapping) and node.keys:
        start = node.keys[0][0]
    if start < 0:
        raise FormatError("the value has no text of its own")
    end = max(start, start + len(text[start:end].rstrip("\r\n")))
    is_block = not isinstance(node, Scalar) and not node.flow and not node.alias
    return start, _line_end(text, end) if is_block else end


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
