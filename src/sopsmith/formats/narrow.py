"""Read the narrow YAML that sops and generators are written in, fast, or not at all.

The plugin starts for each generator of each Application, so its start-up counts: this
reader needs no import but the tree and takes a file in microseconds. It knows block
mappings with plain keys, block sequences, one-line scalars, literal blocks, folded ones of one
paragraph, flow collections of plain words, whole-line comments and `---`. For everything that it
does not know for certain it returns None, and the general reader `yaml.parse` has the word.
`tests/properties/test_narrow_agrees.py` proves that both agree wherever this one accepts.

Its trees have no positions and no comments, so they serve for decrypting, not for editing.

Source: libyaml scanner.c (what is one token), go.yaml.in/yaml/v3 resolve.go (what it means).
"""

from __future__ import annotations

from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Tree

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_KEY = _LETTERS | frozenset("0123456789_-./")
_FLOW = _KEY | frozenset(" ")
# No value that begins with one of these is a number, a date or a mark of YAML.
_PLAIN_FIRST = _LETTERS | frozenset("/^_($")
_WORDS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None,
}  # fmt: skip
_DIGITS = frozenset("0123456789")
# What no number and no date has makes a text of what begins with a digit.
_NUMERIC = frozenset("0123456789abcdefABCDEFxXoO_.:,+-TtZz ")
_DOTTED_FLOATS = frozenset({".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"})
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
_HEX = frozenset("0123456789abcdefABCDEF")
_MAX_DEPTH = 50
_MAX_KEY = 128  # characters; libyaml's own limit for a key on one line is 1024
_INT_DIGITS = 18  # every decimal number of so many digits fits into 64 bits


class _Unsure(Exception):
    """Something is here that only the general reader knows."""


def parse(text: str) -> list[Tree] | None:
    """Return one tree a document, equal to the general reader's, or None where unsure.

    Args:
        text: The file without its byte order mark.
    """
    if not text.endswith("\n") or not text.replace("\n", "").isprintable():
        # Tabs, carriage returns, controls and Unicode's line ends each have rules of their own.
        return None
    lines = text.split("\n")
    lines.pop()
    try:
        return _documents(lines)
    except _Unsure:
        return None


def _documents(lines: list[str]) -> list[Tree]:
    trees: list[Tree] = []
    at = _next_content(lines, 0)
    if at < len(lines) and lines[at] == "---":
        at = _next_content(lines, at + 1)
    while True:
        root, at = _mapping(lines, at, 0, 0)
        trees.append(Tree(root))
        if at == len(lines):
            return trees
        if lines[at] != "---":
            raise _Unsure
        at = _next_content(lines, at + 1)


def _next_content(lines: list[str], at: int) -> int:
    """Return the index of the next line that is neither empty nor a comment."""
    count = len(lines)
    while at < count:
        line = lines[at]
        if line:
            start = line.lstrip(" ")[:1]
            if not start:
                raise _Unsure
            if start != "#":
                return at
        at += 1
    return at


def _mapping(
    lines: list[str], at: int, indent: int, depth: int, first: str = ""
) -> tuple[Mapping, int]:
    """Read the entries at one indent, and return the line behind them.

    Args:
        first: The text of the first entry where it stands behind a dash, else empty.
    """
    if depth > _MAX_DEPTH:
        raise _Unsure
    entries: list[tuple[str, Node]] = []
    seen: set[str] = set()
    count = len(lines)
    while at < count:
        if first:
            body, first = first, ""
        else:
            line = lines[at]
            body = line.lstrip(" ")
            if not body or body[0] == "#":
                if line and not body:
                    raise _Unsure
                at += 1
                continue
            column = len(line) - len(body)
            if column != indent:
                if column < indent:
                    break
                raise _Unsure
            if body == "---" and not indent:
                break
        key, colon, rest = body.partition(":")
        if not colon or key in seen or not _is_key(key):
            raise _Unsure
        seen.add(key)
        node, at = _value(lines, at, rest, indent) if rest else _below(lines, at + 1, indent, depth)
        entries.append((key, node))
    if not entries:
        raise _Unsure
    return Mapping(entries), at


def _is_key(key: str) -> bool:
    known = _KNOWN_KEYS.get(key)
    if known is None:
        if len(_KNOWN_KEYS) == _MOST_KNOWN:
            _KNOWN_KEYS.clear()
        known = _KNOWN_KEYS[key] = _looks_like_key(key)
    return known


# Most files of a tree have the same keys.
_KNOWN_KEYS: dict[str, bool] = {}
_MOST_KNOWN = 1024


def _looks_like_key(key: str) -> bool:
    if not _KEY.issuperset(key) or len(key) > _MAX_KEY or key in _WORDS:
        return False
    first = key[:1]
    if first == ".":
        return key[1:2] in _LETTERS and key not in _DOTTED_FLOATS
    return first in _LETTERS or first == "_"


def _below(lines: list[str], at: int, indent: int, depth: int) -> tuple[Node, int]:
    """Read what stands under a `key:` with nothing behind it."""
    at = _next_content(lines, at)
    if at == len(lines):
        return Scalar(None), at
    line = lines[at]
    body = line.lstrip(" ")
    column = len(line) - len(body)
    # A list may stand at its key's own column.
    if body.startswith("- ") and column >= indent:
        return _sequence(lines, at, column, depth + 1)
    if column > indent:
        return _mapping(lines, at, column, depth + 1)
    return Scalar(None), at


def _sequence(lines: list[str], at: int, indent: int, depth: int) -> tuple[Sequence, int]:
    items: list[Node] = []
    while (at := _next_content(lines, at)) < len(lines):
        line = lines[at]
        body = line.lstrip(" ")
        column = len(line) - len(body)
        if column < indent:
            break
        if not body.startswith("- "):
            # At the column of the list this is the next key of the mapping around it.
            if column == indent:
                break
            raise _Unsure
        if column != indent:
            raise _Unsure
        node: Node
        item = body[1:].lstrip(" ")
        key, colon, rest = item.partition(":")
        if colon and (not rest or rest[0] == " ") and _KEY.issuperset(key):
            inner = len(line) - len(item)
            node, at = _mapping(lines, at, inner, depth + 1, item)
        else:
            node, at = _value(lines, at, body[1:], indent)
        items.append(node)
    return Sequence(items), at


def _value(lines: list[str], at: int, text: str, indent: int) -> tuple[Node, int]:
    """Read what stands behind a `key:` or a dash on the same line."""
    if text[0] != " " or text[-1] == " ":
        raise _Unsure
    text = text.lstrip(" ")
    first = text[0]
    if first in _PLAIN_FIRST:
        if ": " in text or " #" in text or text[-1] == ":":
            raise _Unsure
        return Scalar(_WORDS.get(text, text)), at + 1
    if first == "|":
        return _literal(lines, at + 1, text, indent)
    if first == '"':
        return Scalar(_double(text)), at + 1
    if first == "'":
        return Scalar(_single(text)), at + 1
    if text == ">-":
        return _folded(lines, at + 1, indent)
    if first in "[{":
        return _flow(text), at + 1
    return Scalar(_other(text)), at + 1


def _flow(text: str) -> Node:
    """Read `[a, b]` or `{a: b}` whose parts are plain words."""
    if text == "[]":
        return Sequence([], flow=True)
    if text == "{}":
        return Mapping([], flow=True)
    parts = text[1:-1].split(", ")
    if text[0] == "[" and text[-1] == "]":
        return Sequence([Scalar(_word(part)) for part in parts], flow=True)
    entries: list[tuple[str, Node]] = []
    for part in parts:
        key, colon, value = part.partition(": ")
        if not colon or not _is_key(key):
            raise _Unsure
        entries.append((key, Scalar(_word(value))))
    if text[-1] != "}" or text[0] != "{" or len(dict(entries)) != len(entries):
        raise _Unsure
    return Mapping(entries, flow=True)


def _word(text: str) -> str | bool | None:
    if text[:1] not in _LETTERS or not _FLOW.issuperset(text) or text[-1] == " ":
        raise _Unsure
    return _WORDS.get(text, text)


def _other(text: str) -> str | int:
    if text.isascii() and text.isdigit():
        if len(text) > _INT_DIGITS or (text[0] == "0" and text != "0"):
            raise _Unsure
        return int(text)
    if text.startswith(("./", "../")) or (text[0] in _DIGITS and not _NUMERIC.issuperset(text)):
        if ": " in text or " #" in text or text[-1] == ":":
            raise _Unsure
        return text
    parts = text.split(".")
    if len(parts) > 2 and all(part.isascii() and part.isdigit() for part in parts):
        return text  # A version, as in `version: 3.13.3`, or an address.
    raise _Unsure


def _single(text: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != "'" or inner.replace("''", "").count("'"):
        raise _Unsure
    return inner.replace("''", "'")


def _double(text: str) -> str:
    if len(text) < 2 or text[-1] != '"':
        raise _Unsure
    inner = text[1:-1]
    if "\\" not in inner:
        if '"' in inner:
            raise _Unsure
        return inner
    return _unescape(inner)


def _unescape(inner: str) -> str:
    parts: list[str] = []
    at = 0
    while (found := inner.find("\\", at)) >= 0:
        parts.append(_without_quote(inner[at:found]))
        sign = inner[found + 1 : found + 2]
        if sign in _ESCAPES:
            parts.append(_ESCAPES[sign])
            at = found + 2
        elif sign == "u":
            parts.append(_code_point(inner[found + 2 : found + 6]))
            at = found + 6
        else:
            raise _Unsure
    parts.append(_without_quote(inner[at:]))
    return "".join(parts)


def _without_quote(text: str) -> str:
    if '"' in text:
        raise _Unsure
    return text


def _code_point(digits: str) -> str:
    if len(digits) != 4 or not _HEX.issuperset(digits):
        raise _Unsure
    code = int(digits, 16)
    if not code or 0xD800 <= code <= 0xDFFF:
        raise _Unsure
    return chr(code)


def _literal(lines: list[str], at: int, header: str, indent: int) -> tuple[Scalar, int]:
    """Read a `|` block, whose indent is that of its first line."""
    if header not in {"|", "|-", "|+"} or at == len(lines):
        raise _Unsure
    line = lines[at]
    width = len(line) - len(line.lstrip(" "))
    if width <= indent or width == len(line):
        raise _Unsure
    pad = line[:width]
    content = []
    count = len(lines)
    while at < count:
        line = lines[at]
        if line:
            if line.isspace():
                raise _Unsure
            if not line.startswith(pad):
                break
        content.append(line[width:])
        at += 1
    text = "\n".join(content) + "\n"
    if header != "|+":
        text = text.rstrip("\n") + ("" if header == "|-" else "\n")
    return Scalar(text), at


def _folded(lines: list[str], at: int, indent: int) -> tuple[Scalar, int]:
    """Read a `>-` block of lines at one column, without empty ones."""
    line = lines[at] if at < len(lines) else ""
    width = len(line) - len(line.lstrip(" "))
    if width <= indent or width == len(line):
        raise _Unsure
    pad = line[:width]
    found = []
    while at < len(lines) and lines[at].startswith(pad):
        text = lines[at][width:]
        if not text or text[0] == " " or text[-1] == " ":
            raise _Unsure
        found.append(text)
        at += 1
    if at < len(lines) and not lines[at].strip(" "):
        raise _Unsure
    return Scalar(" ".join(found)), at
