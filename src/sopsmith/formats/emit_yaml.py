"""Write a tree as block-style YAML, laid out as sops does: four columns a level.

Source: getsops/sops stores/yaml/store.go; go.yaml.in/yaml/v3 emitterc.go.
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.remarks import Remarks
from sopsmith.formats.tree import Address, Mapping, Node, Scalar, Sequence, show
from sopsmith.formats.yaml_write import block_indent, quote, write_scalar

_ITEM = 2  # columns of a dash and its space


def write_yaml(root: Mapping, remarks: Remarks) -> str:
    """Return a document's text.

    Raises:
        FormatError: A key stands twice in one mapping.
    """
    lines = _Writer(remarks).mapping(root, 0, ()) if root.entries else ["{}"]
    lines += [_comment(line, 0) for line in remarks.rest()]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks

    def mapping(self, node: Mapping, column: int, address: Address) -> list[str]:
        lines: list[str] = []
        starts = [start for start, _ in node.keys] or [-1] * len(node.entries)
        seen: set[str] = set()
        for start, (key, child) in zip(starts, node.entries, strict=True):
            place = (*address, key)
            if key in seen:
                raise FormatError("the same key stands twice, which YAML forbids", key=show(place))
            seen.add(key)
            lines += [_comment(line, column) for line in self._remarks.take(start)]
            lines += self._entry(f"{' ' * column}{quote(key)}:", child, column, place)
        return lines

    def _entry(self, head: str, child: Node, column: int, address: Address) -> list[str]:
        if isinstance(child, Scalar):
            return f"{head} {_scalar(child, column)}".split("\n")
        if _is_empty(child):
            return [f"{head} {_empty(child)}"]
        return [head, *self._collection(child, block_indent(column), address)]

    def _collection(self, node: Node, column: int, address: Address) -> list[str]:
        if isinstance(node, Mapping):
            return self.mapping(node, column, address)
        assert isinstance(node, Sequence)
        return [
            line
            for index, item in enumerate(node.items)
            for line in self._item(item, column, (*address, index))
        ]

    def _item(self, item: Node, column: int, address: Address) -> list[str]:
        pad = " " * column
        # Comments above an item's first key stand above its dash.
        first = item.keys[0][0] if isinstance(item, Mapping) and item.keys else item.start
        lines = [_comment(line, column) for line in self._remarks.take(first)]
        if isinstance(item, Scalar):
            return [*lines, *f"{pad}- {_item_scalar(item, column)}".split("\n")]
        if _is_empty(item):
            return [*lines, f"{pad}- {_empty(item)}"]
        inner = self._collection(item, column + _ITEM, address)
        return [*lines, f"{pad}- {inner[0][column + _ITEM :]}", *inner[1:]]


def _scalar(node: Scalar, column: int) -> str:
    return write_scalar(node.value, Scalar(None, 0, 0, indent=column), "\n")


def _item_scalar(node: Scalar, column: int) -> str:
    """Return a list's value; the lines of a block stand two columns behind the dash."""
    first, *lines = _scalar(node, column).split("\n")
    deep, pad = block_indent(column), " " * (column + _ITEM)
    return "\n".join([first, *(pad + line[deep:] if line else "" for line in lines)])


def _comment(line: str, column: int) -> str:
    space = " " if line and line[0] not in " \t" else ""
    return f"{' ' * column}#{space}{line}"


def _is_empty(node: Node) -> bool:
    return not (
        node.entries if isinstance(node, Mapping) else isinstance(node, Scalar) or node.items
    )


def _empty(node: Node) -> str:
    return "{}" if isinstance(node, Mapping) else "[]"
