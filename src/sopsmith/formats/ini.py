"""Read the INI files that sops encrypts, with positions, as go-ini reads them.

The tree is a mapping of sections to mappings of keys; every value is text. Keys before the
first header are in the section `DEFAULT`. The metadata are the section `[sops]`, whose flat
names and escaped line feeds the tree has resolved.

What go-ini would lose without a word is in the tree's `losses`: text behind a `#` that looks
like a part of the value, keys that stand twice, text behind a closing quote.

Source: getsops/sops stores/ini/store.go; gopkg.in/ini.v1 parser.go (File.parse).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.flat import KEY, flatten, plain_text
from sopsmith.formats.ini_lines import MARKS, line_end, spell_key, spell_value
from sopsmith.formats.ini_parser import DEFAULT, Parser
from sopsmith.formats.tree import Mapping, Node, Plain, Scalar, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.splice import Edit

__all__ = [
    "DEFAULT",
    "entry_span",
    "insert_entry",
    "newline_of",
    "parse",
    "remove_entry",
    "section_source",
    "write_entry",
    "write_flow",
    "write_scalar",
    "write_token",
]


def parse(text: str) -> list[Tree]:
    """Return the one tree of an INI text.

    Raises:
        FormatError: go-ini does not read it, or the metadata's names do not fit together.
            `key` holds `line N`; the message never quotes the text.
    """
    return [Parser(text).tree_of_lines()]


def write_scalar(value: Plain, at: Scalar, text: str) -> str:
    """Return a value as it stands behind the `=`.

    Raises:
        FormatError: The value is null or not text, or go-ini has no spelling for it.
    """
    source = spell_value(plain_text(value, "INI"))
    if source is None:
        raise FormatError("INI has no spelling for the value: it has too many kinds of quotes")
    return _apart(source, at, text)


def write_token(token: str, at: Scalar, text: str) -> str:
    """Return an `ENC[…]` token as it stands behind the `=`."""
    return _apart(token, at, text)


def _apart(source: str, at: Scalar, text: str) -> str:
    """Keep a value that was empty off the comment behind it."""
    glued = source and at.start >= 0 and text[at.end : at.end + 1] in tuple(MARKS)
    return f"{source} " if glued else source


def write_flow(node: Node) -> str:
    """Return a node on one line; INI has values alone."""
    assert isinstance(node, Scalar)
    return write_scalar(node.value, node, "")


def write_entry(text: str, tree: Tree, key: str, value: object) -> str:
    """Return the lines of a new section, its `=` aligned as go-ini does; metadata are flat."""
    assert isinstance(value, dict)
    if key == KEY:
        pairs = sorted(pair for name, one in value.items() for pair in flatten(name, one))
        # Real line feeds would need quotes of many lines, which sops no longer writes.
        flat: list[tuple[str, Plain]] = [
            (name, plain_text(one, "INI").replace("\n", "\\n")) for name, one in pairs
        ]
        return section_source(key, flat, newline_of(text))
    return section_source(key, list(value.items()), newline_of(text))


def section_source(name: str, pairs: list[tuple[str, Plain]], newline: str = "\n") -> str:
    """Return a section's lines without the last line feed.

    Raises:
        FormatError: INI cannot hold a key or a value.
    """
    keys = [spell_key(key) for key, _ in pairs]
    width = max((len(key or "") for key in keys), default=0)
    lines = [f"[{name}]"]
    for source, (key, value) in zip(keys, pairs, strict=True):
        if source is None:
            raise FormatError("INI has no spelling for the key", key=f"{name}.{key}")
        lines.append(f"{source:<{width}} = {write_scalar(value, Scalar(None), '')}".rstrip(" "))
    return newline.join(lines)


def insert_entry(text: str, tree: Tree, source: str) -> Edit:
    """Return the edit that puts a section at the end of the text, behind a blank line."""
    newline = newline_of(text)
    ended = newline if text and not text.endswith("\n") else ""
    blank = newline if text else ""
    return len(text), len(text), f"{ended}{blank}{source}{newline}"


def entry_span(text: str, tree: Tree, key: str) -> tuple[int, int]:
    """Return the span from a section's header to the end of its last value."""
    assert isinstance(tree.root, Mapping)
    index = [name for name, _ in tree.root.entries].index(key)
    return tree.root.keys[index][0], max(tree.root.entries[index][1].end, tree.root.keys[index][1])


def remove_entry(text: str, tree: Tree, key: str) -> Edit:
    """Return the edit that takes a section away, and the blank line before it."""
    start, end = entry_span(text, tree, key)
    end = line_end(text, end)
    start = text.rfind("\n", 0, start) + 1
    blank = next((line for line in ("\r\n", "\n") if text.endswith(line, 0, start)), "")
    above = start - len(blank)
    if blank and (above == 0 or text[above - 1] == "\n"):
        start = above
    return start, end, ""


def newline_of(text: str) -> str:
    """Return the line end of a text."""
    return "\r\n" if "\r\n" in text else "\n"
