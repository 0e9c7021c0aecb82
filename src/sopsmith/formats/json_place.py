"""Change single places of a JSON text."""

from __future__ import annotations

import json

from sopsmith.formats.flow_place import FlowEdits, children_of, spans_of
from sopsmith.formats.json import write_scalar
from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Scalar, Sequence, Tree


class Placer:
    """`place.Placer` for JSON."""

    def __init__(self, text: str, tree: Tree, last: str) -> None:
        self._text = text
        self._root = tree.root
        self._last = last
        self._flow = FlowEdits(text, [])
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._step = self._find_step()

    def replace(self, parent: Mapping | Sequence, index: int, value: object) -> list[Edit]:
        """Return the edits that put a value in place of another."""
        node = children_of(parent)[index]
        pad = self._indent(spans_of(parent)[index][0])
        return [(node.start, node.end, self._write(value, pad))]

    def add(self, parent: Mapping | Sequence, key: str | None, value: object) -> list[Edit]:
        """Return the edits that put an entry, or an item, behind the last."""
        name = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
        spans = spans_of(parent)
        if not spans and self._step:
            outer = self._indent(parent.start)
            pad = outer + self._step
            source = f"{self._newline}{pad}{name}{self._write(value, pad)}{self._newline}{outer}"
            return [(parent.start + 1, parent.end - 1, source)]
        spread = self._flow.is_spread(parent, parent.start)
        pad = self._indent(spans[0][0]) if spans else ""
        source = name + (self._write(value, pad) if spread else self._write_line(value))
        before = len(spans) - 1 if self._is_kept_last(parent) else None
        return self._flow.add(parent, parent.start, source, before=before)

    def drop(self, parent: Mapping | Sequence, index: int) -> list[Edit]:
        """Return the edits that take an entry or item away."""
        return self._flow.drop(parent, parent.start, index)

    def _is_kept_last(self, parent: Mapping | Sequence) -> bool:
        return (
            parent is self._root
            and isinstance(parent, Mapping)
            and bool(self._last)
            and bool(parent.entries)
            and parent.entries[-1][0] == self._last
        )

    def _write(self, value: object, pad: str) -> str:
        """Return a value's source, on lines of their own where the file is so."""
        if not self._step or not isinstance(value, dict | list):
            return self._write_line(value)
        dumped = json.dumps(value, indent=self._step, ensure_ascii=False)
        return dumped.replace("\n", self._newline + pad)

    def _write_line(self, value: object) -> str:
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        assert value is None or isinstance(value, str | int | float | bytes)
        return write_scalar(value, Scalar(None), "")

    def _find_step(self) -> str:
        """Return the white space of one level; "" where the file is on one line."""
        root = self._root
        if not isinstance(root, Mapping) or not root.keys:
            return ""
        spread = "\n" in self._text[root.start : root.keys[0][0]]
        return self._indent(root.keys[0][0]) if spread else ""

    def _indent(self, place: int) -> str:
        line = self._text.rfind("\n", 0, place) + 1
        lead = self._text[line:place]
        return lead[: len(lead) - len(lead.lstrip(" \t"))]
