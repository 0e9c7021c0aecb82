"""Write scalars as YAML text that go-yaml, libyaml and PyYAML read back alike."""

from __future__ import annotations

from sopsmith.formats.scalars import SPECIAL_FLOATS, resolve
from sopsmith.formats.tree import Mapping, Node, Plain, Scalar, Timestamp

# YAML 1.1 reads these as booleans; they are quoted so that every reader sees strings.
_OLD_BOOLS = frozenset(
    form
    for word in ("y", "n", "yes", "no", "on", "off")
    for form in (word, word.capitalize(), word.upper())
)
_PLAIN_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./^$(")
_PLAIN_REST = _PLAIN_FIRST | frozenset("-+=:@,;~|)<>?*&%![]{}\"'`\\ ")
_INFINITY = float("inf")
_QUOTES = ("'", '"')
_FLOW_MARKS = frozenset(",[]{}")
_ESCAPES = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0",
    "\x07": "\\a", "\x08": "\\b", "\x1b": "\\e", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip


def quote(value: str, *, flow: bool = False) -> str:
    """Return a string as a one-line YAML scalar, plain where every reader agrees on it."""
    if _is_plain(value, flow=flow):
        return value
    if value and all(" " <= char < "\x7f" for char in value) and not _resolves(value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escape(char) for char in value) + '"'


def write_token(token: str, at: Scalar, text: str) -> str:
    """Return an `ENC[…]` token as it stands in place of a value, in the quotes that it had.

    Block scalars give back the line breaks that their span took; inside flow brackets
    the token is quoted, since it holds brackets and commas itself: in double quotes where the
    value was, and else in single ones.
    """
    source = text[at.start : at.end] if at.start >= 0 else ""
    if at.flow:
        return f'"{token}"' if source[:1] == '"' else f"'{token}'"
    if source[:1] in _QUOTES:
        return source[0] + token + source[0]
    # A block's bar may stand at the key's own column on the next line; a token may not.
    before = text[text.rfind("\n", 0, at.start) + 1 : at.start]
    if source[:1] in ("|", ">") and len(before) <= at.indent and not before.strip(" "):
        token = " " * (at.indent + 1 - len(before)) + token
    tail = source[len(source.rstrip("\r\n")) :]
    if not tail:
        return token
    # Line breaks behind a kept (`|+`) block are part of its value, so only one of them stays.
    if _keeps_breaks(source):
        return token + ("\r\n" if "\r\n" in tail else "\n")
    return token + tail


def _keeps_breaks(source: str) -> bool:
    """Tell whether a block's head, with its tag and anchor, ends in `+`."""
    while source[:1] in ("!", "&"):
        _, _, source = source.partition(source.split(maxsplit=1)[0])
        source = source.lstrip()
    return source[:1] in ("|", ">") and source[1:].lstrip("0123456789").startswith("+")


_QUOTED_KEYS: dict[str, str] = {}
_MOST_KEYS = 256


def quote_key(key: str) -> str:
    """Return a key as `quote` does; a tree of many files has few keys, each thousands of times."""
    found = _QUOTED_KEYS.get(key)
    if found is None:
        if len(_QUOTED_KEYS) == _MOST_KEYS:
            _QUOTED_KEYS.clear()
        found = _QUOTED_KEYS[key] = quote(key)
    return found


def write_scalar(value: Plain, at: Scalar, text: str) -> str:
    """Return a value as YAML text that fits the place where a token stood.

    A string keeps the quotes of the place. Inside flow brackets every token is quoted, so single
    quotes say nothing there.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _write_float(value)
    if isinstance(value, bytes):
        return _write_binary(value)
    if isinstance(value, Timestamp | int):
        return str(value)
    mark = text[at.start] if 0 <= at.start < at.end else ""
    if mark == '"' or (mark == "'" and not at.flow):
        return _quote_like(value, mark)
    if not at.flow and _is_block(value) and _has_room(text, at.end, block_indent(at.indent)):
        return _write_block(value, at.indent, "\r\n" if "\r\n" in text else "\n")
    return quote(value, flow=at.flow)


def _quote_like(value: str, mark: str) -> str:
    if mark == "'" and all(char.isprintable() and char != "\ufeff" for char in value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escape(char) for char in value) + '"'


def write_flow(node: Node) -> str:
    """Return a node in flow style, which fits wherever an alias stood."""
    if isinstance(node, Scalar):
        return write_scalar(node.value, Scalar(None, flow=True), "")
    if isinstance(node, Mapping):
        inner = (f"{quote(key, flow=True)}: {write_flow(child)}" for key, child in node.entries)
        return "{" + ", ".join(inner) + "}"
    return "[" + ", ".join(write_flow(item) for item in node.items) + "]"


def _resolves(value: str) -> bool:
    """Tell whether some reader would take the plain text for something else than a string."""
    if value in _OLD_BOOLS or value in ("=", "<<"):
        return True
    if value[0] in "+-.0123456789":
        # Numbers, dates and the base-60 numbers of YAML 1.1; a digit first and letters
        # later (`1abc`) is a string for all of them, unless it is hexadecimal or an exponent.
        return ":" in value or _looks_numeric(value) or value in SPECIAL_FLOATS
    return type(_resolve_or_none(value)) is not str


def _resolve_or_none(value: str) -> Plain:
    from sopsmith.errors import FormatError

    try:
        return resolve(value)
    except FormatError:
        return None


def _looks_numeric(value: str) -> bool:
    return all(char in "0123456789abcdefABCDEFxXoO_.:+-eETtZz " for char in value)


def _is_plain(value: str, *, flow: bool) -> bool:
    if not value or value[0] not in _PLAIN_FIRST or value[-1] in " :":
        return False
    if not _PLAIN_REST.issuperset(value) or ": " in value or _resolves(value):
        return False
    return not (flow and not _FLOW_MARKS.isdisjoint(value))


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _write_float(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (_INFINITY, -_INFINITY):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _write_binary(value: bytes) -> str:
    import binascii

    return "!!binary " + binascii.b2a_base64(value, newline=False).decode()


def _has_room(text: str, position: int, column: int) -> bool:
    """Tell whether a literal block with lines at a column can end at a position.

    The rest of the line must be empty, and no comment as deep as the block may follow,
    since it would become a part of the value.
    """
    end = text.find("\n", position)
    if end < 0 or text[position:end].strip():
        return False
    while end >= 0:
        start, end = end + 1, text.find("\n", end + 1)
        line = text[start:end] if end >= 0 else text[start:]
        if line.strip():
            return not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) < column
    return True


def _is_block(value: str) -> bool:
    """Tell whether a literal block holds the value exactly, whatever blank lines follow it."""
    if "\n" not in value or value.endswith("\n\n") or value[0] in " \t\n":
        return False
    return all(
        char in "\n\t" or (char.isprintable() and char not in "\ufeff\x85\u2028\u2029")
        for char in value
    )


def block_indent(indent: int) -> int:
    """Return the column of a literal block's lines under a key at a column, as go-yaml has it."""
    return (indent // 4 + 1) * 4


def _write_block(value: str, indent: int, newline: str) -> str:
    pad = " " * block_indent(indent)
    lines = value.removesuffix("\n").split("\n")
    head = "|" if value.endswith("\n") else "|-"
    return newline.join([head, *(pad + line if line else "" for line in lines)])
