"""Add and remove a top-level entry of a YAML text without touching the rest."""

from __future__ import annotations

from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Node, Scalar, Tree
from sopsmith.formats.yaml_write import block_indent, quote, quote_key, write_scalar

_STEP = 4  # columns; what sops writes


def write_entry(text: str, tree: Tree, key: str, value: object) -> str:
    """Return the source of a new top-level entry, in block style where the document is.

    It begins with the key itself: the white space before that is `insert_entry`'s.
    """
    if isinstance(tree.root, Mapping) and tree.root.flow:
        from sopsmith.formats import json

        return json.write_entry(text, tree, key, value)
    newline = "\r\n" if "\r\n" in text else "\n"
    return newline.join([*_block_lines(key, value, _column(text, tree)), ""]).lstrip(" ")


def insert_entry(text: str, tree: Tree, source: str) -> Edit:
    """Return the edit that puts an entry's source behind the last one."""
    if isinstance(tree.root, Mapping) and tree.root.flow:
        from sopsmith.formats import json

        return json.insert_entry(text, tree, source)
    before = text[: tree.end]
    newline = "" if not before or before.endswith("\n") else "\n"
    column = _column(text, tree)
    return tree.end, tree.end, newline + " " * column + _deepen(source, column)


def entry_span(text: str, tree: Tree, key: str) -> tuple[int, int]:
    """Return the span of a top-level entry's source: whole lines in block style."""
    root = tree.root
    assert isinstance(root, Mapping)
    if root.flow:
        from sopsmith.formats import json

        return json.entry_span(text, tree, key)
    index = [name for name, _ in root.entries].index(key)
    start = root.keys[index][0]
    end = _content_end(root.entries[index][1], root.keys[index][1])
    if text[end - 1 : end] != "\n":
        line_end = text.find("\n", end)
        end = len(text) if line_end < 0 else line_end + 1
    return start, end


def remove_entry(text: str, tree: Tree, key: str) -> Edit:
    """Return the edit that takes a top-level entry away."""
    if isinstance(tree.root, Mapping) and tree.root.flow:
        from sopsmith.formats import json

        return json.remove_entry(text, tree, key)
    start, end = entry_span(text, tree, key)
    line = text.rfind("\n", 0, start) + 1
    return (start if text[line:start].strip(" ") else line), end, ""


def _column(text: str, tree: Tree) -> int:
    """Return the column of the top-level keys: files may be indented as a whole."""
    start = tree.root.keys[0][0] if isinstance(tree.root, Mapping) and tree.root.keys else 0
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return len(before) - len(before.lstrip(" "))


def _deepen(source: str, column: int) -> str:
    """Shift the lines below an entry's key where they are not deeper than its column."""
    first, *lines = source.split("\n")
    lead = len(lines[0]) - len(lines[0].lstrip(" ")) if lines else 0
    if not lines or lead > column:
        return source
    pad = " " * (column + _STEP - lead)
    return "\n".join([first, *(pad + line if line.strip() else line for line in lines)])


def _content_end(node: Node, otherwise: int) -> int:
    """Return where a node's own text ends; a block collection's mark is the next token's."""
    if isinstance(node, Scalar):
        return max(node.end, otherwise)
    if node.flow or node.alias:
        return node.end
    if isinstance(node, Mapping):
        return _content_end(node.entries[-1][1], node.keys[-1][1])
    return _content_end(node.items[-1], otherwise)


def _block_lines(key: str, value: object, indent: int) -> list[str]:
    head = " " * indent + quote_key(key) + ":"
    if isinstance(value, dict) and value:
        inner = value.items()
        return [head, *(line for k, v in inner for line in _block_lines(k, v, indent + _STEP))]
    if isinstance(value, list) and value:
        return [head, *(line for item in value for line in _item_lines(item, indent + _STEP))]
    if isinstance(value, str) and value.endswith("\n") and value.strip():
        pad = " " * block_indent(indent)
        return [head + " |", *(pad + line for line in value.removesuffix("\n").split("\n"))]
    return [f"{head} {_word(key, value)}"]


def _item_lines(item: object, indent: int) -> list[str]:
    pad = " " * indent
    if not isinstance(item, dict) or not item:
        return [f"{pad}- {_word('', item)}"]
    # sops indents an item's keys by two columns, behind the dash.
    lines = [line for name, value in item.items() for line in _block_lines(name, value, indent + 2)]
    return [f"{pad}- {lines[0][indent + 2 :]}", *lines[1:]]


def _word(key: str, value: object) -> str:
    if isinstance(value, dict | list):
        from json import dumps

        return dumps(value)
    if not isinstance(value, str):
        assert value is None or isinstance(value, bool | int | float | bytes)
        return write_scalar(value, Scalar(None, flow=True), "")
    # A version and a token are plain for every reader, though their characters are unusual; a
    # time must be quoted, since go-yaml would read a date and sops would fail on it.
    return value if key == "version" or value.startswith("ENC[") else quote(str(value))
