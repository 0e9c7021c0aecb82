"""Read JSON into trees that know where each value stands in the text.

The standard library's decoder gives no positions, so the structure is read here; strings
are decoded by its scanner. Duplicate keys are kept in order, as SOPS keeps them.

Source: RFC 8259; getsops/sops stores/json/store.go for what is refused.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from math import isfinite

from sopsmith.errors import FormatError
from sopsmith.formats.scalars import INT64, Inexact
from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Node, Plain, Scalar, Sequence, Tree

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None}
_MAX_DEPTH = 100


def parse(text: str) -> list[Tree]:
    """Return the one tree of a JSON text.

    Raises:
        FormatError: It is not JSON, or something follows the top value (which sops would
            drop without a word).
    """
    reader = _Reader(text)
    root = reader.value(0)
    reader.skip_space()
    if reader.position != len(text):
        raise reader.error("something follows the top value")
    return [Tree(root, end=len(text))]


def write_scalar(value: Plain, at: Scalar, text: str) -> str:
    """Return a value as JSON text."""
    if isinstance(value, bytes):
        raise FormatError("the value is not UTF-8, so JSON cannot hold it")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise FormatError("JSON has no text for infinite numbers and for what is not a number")
    return json.dumps(value, ensure_ascii=False)


def write_token(token: str, at: Scalar, text: str) -> str:
    """Return an `ENC[…]` token as JSON text."""
    return f'"{token}"'


def write_flow(node: Node) -> str:
    """Return a node on one line; JSON has no aliases, so nothing asks for more than a value."""
    assert isinstance(node, Scalar)
    return write_scalar(node.value, node, "")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, message: str) -> FormatError:
        line = self.text.count("\n", 0, self.position) + 1
        column = self.position - self.text.rfind("\n", 0, self.position)
        return FormatError(f"not valid JSON: {message}", key=f"line {line}, column {column}")

    def skip_space(self) -> str:
        """Move to the next character that is not white space and return it, or ""."""
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.text[self.position : self.position + 1]

    def expect(self, mark: str) -> None:
        if self.skip_space() != mark:
            raise self.error(f"expected `{mark}`")
        self.position += 1

    def value(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise self.error(f"nested deeper than {_MAX_DEPTH}")
        head = self.skip_space()
        start = self.position
        if head == "{":
            return self.mapping(depth, start)
        if head == "[":
            return self.sequence(depth, start)
        if head == '"':
            return Scalar(self.string(), start, self.position, flow=True)
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, start):
                self.position += len(word)
                return Scalar(meaning, start, self.position, flow=True)
        return Scalar(self.number(), start, self.position, flow=True)

    def string(self) -> str:
        start = self.position
        try:
            value, self.position = scanstring(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            self.position = error.pos
            raise self.error("a string is not closed or holds a bad escape") from None
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise self.error("a string holds half of a surrogate pair")
        return str(value)

    def number(self) -> Plain:
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            raise self.error("expected a value")
        self.position = match.end()
        approximate = float(match.group())
        if not isfinite(approximate):
            raise self.error("a number is too large, which SOPS refuses as well")
        if match.group(1) or match.group(2):
            return approximate
        number = int(match.group())
        return number if number in INT64 else Inexact(approximate)

    def mapping(self, depth: int, start: int) -> Mapping:
        self.position += 1
        mapping = Mapping([], start, flow=True)
        if self.skip_space() == "}":
            self.position += 1
        else:
            self.entry(mapping, depth)
            while self.skip_space() == ",":
                self.position += 1
                self.entry(mapping, depth)
            self.expect("}")
        mapping.end = self.position
        return mapping

    def entry(self, mapping: Mapping, depth: int) -> None:
        if self.skip_space() != '"':
            raise self.error("expected a key in double quotes")
        start = self.position
        key = self.string()
        mapping.keys.append((start, self.position))
        self.expect(":")
        mapping.entries.append((key, self.value(depth + 1)))

    def sequence(self, depth: int, start: int) -> Sequence:
        self.position += 1
        sequence = Sequence([], start, flow=True)
        if self.skip_space() == "]":
            self.position += 1
        else:
            sequence.items.append(self.value(depth + 1))
            while self.skip_space() == ",":
                self.position += 1
                sequence.items.append(self.value(depth + 1))
            self.expect("]")
        sequence.end = self.position
        return sequence


def write_entry(text: str, tree: Tree, key: str, value: object) -> str:
    """Return the source of a new top-level entry, laid out as the others are."""
    indent = _indent(text, tree)
    dumped = json.dumps({key: value}, indent=indent or None, ensure_ascii=False)
    body = dumped[1:-1].strip()
    return body.replace("\n", "\r\n") if "\r\n" in text and indent else body


def insert_entry(text: str, tree: Tree, source: str) -> Edit:
    """Return the edit that puts an entry's source behind the last one."""
    root = _root(tree)
    indent = _indent(text, tree)
    newline = ("\r\n" if "\r\n" in text else "\n") if indent else ""
    if not root.entries:
        return root.start + 1, root.end - 1, f"{newline}{indent}{source}{newline}"
    end = root.entries[-1][1].end
    return end, end, f",{newline}{indent}{source}" if indent else f", {source}"


def entry_span(text: str, tree: Tree, key: str) -> tuple[int, int]:
    """Return the span of a top-level entry's source, without commas."""
    root = _root(tree)
    index = [name for name, _ in root.entries].index(key)
    return root.keys[index][0], root.entries[index][1].end


def remove_entry(text: str, tree: Tree, key: str) -> Edit:
    """Return the edit that takes a top-level entry and its comma away."""
    root = _root(tree)
    start, end = entry_span(text, tree, key)
    index = [name for name, _ in root.entries].index(key)
    if index > 0:
        return root.entries[index - 1][1].end, end, ""
    if len(root.entries) > 1:
        return start, root.keys[1][0], ""
    return root.start + 1, root.end - 1, ""


def _root(tree: Tree) -> Mapping:
    assert isinstance(tree.root, Mapping)
    return tree.root


def _indent(text: str, tree: Tree) -> str:
    """Return the white space before a top-level key on its line, or "" in one-line JSON."""
    root = _root(tree)
    if not root.keys:
        return "\t"
    lead = text[root.start + 1 : root.keys[0][0]]
    return lead.rpartition("\n")[2] if "\n" in lead else ""
