"""Write plain objects as YAML that no reader can misread, fast.

A string stands plain where it is short and no reader could see anything but a string;
all others are double quoted with JSON's escapes. Block style, two spaces, lists at the column
of their key, as kustomize has it. `formats` writes what people edit; this is for machines.
"""

from __future__ import annotations

from sopsmith.errors import ManifestError
from sopsmith.formats.tree import Timestamp

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_PLAIN = _LETTERS | frozenset("0123456789_./-+=")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"})
_SHORT = 64  # characters; longer strings are quoted without a look at each character


def write_documents(objects: list[dict[str, object]]) -> str:
    """Return objects as the documents of one YAML text, keys in their own order."""
    return "---\n".join(write_document(one) for one in objects)


def write_document(one: dict[str, object]) -> str:
    """Return one object as YAML.

    Raises:
        ManifestError: It holds bytes that are not text, which no manifest can.
    """
    lines: list[str] = []
    _mapping(one, "", lines)
    return "\n".join(lines) + "\n" if lines else "{}\n"


def write_item(one: dict[str, object]) -> str:
    """Return one object as the item of a list that stands at the top of a document.

    Raises:
        ManifestError: As `write_document` does.
    """
    lines: list[str] = []
    _sequence([one], "", lines)
    return "\n".join(lines) + "\n"


def sort_keys(value: object) -> object:
    """Return a copy whose mappings are sorted by key at every level, as KSOPS prints them."""
    if isinstance(value, dict):
        return {key: sort_keys(value[key]) for key in sorted(value)}
    return [sort_keys(item) for item in value] if isinstance(value, list) else value


def quote(value: str) -> str:
    """Return a string as one line of YAML."""
    if (
        len(value) < _SHORT
        and value[:1] in _LETTERS
        and _PLAIN.issuperset(value)
        and value.lower() not in _WORDS
    ):
        return value
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    if value.isprintable():
        return f'"{value}"'
    value = value.replace("\n", "\\n").replace("\t", "\\t")
    return f'"{value}"' if value.isprintable() else '"' + "".join(map(_escape, value)) + '"'


def _escape(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _mapping(mapping: dict[str, object], pad: str, lines: list[str], head: str = "") -> None:
    """Append the lines of a mapping.

    Args:
        head: What stands before the first key instead of the padding: a dash and its indent.
    """
    start = head or pad
    for key, value in mapping.items():
        if type(value) is str:
            lines.append(f"{start}{quote(key)}: {quote(value)}")
        else:
            _entry(f"{start}{quote(key)}:", value, pad, lines)
        start = pad


def _entry(key: str, value: object, pad: str, lines: list[str]) -> None:
    if isinstance(value, dict) and value:
        lines.append(key)
        _mapping(value, pad + "  ", lines)
    elif isinstance(value, list) and value:
        lines.append(key)
        _sequence(value, pad, lines)
    else:
        lines.append(f"{key} {_scalar(value)}")


def _sequence(items: list[object], pad: str, lines: list[str]) -> None:
    for item in items:
        if isinstance(item, dict) and item:
            _mapping(item, pad + "  ", lines, f"{pad}- ")
        elif isinstance(item, list) and item:
            lines.append(f"{pad}-")
            _sequence(item, pad + "  ", lines)
        else:
            lines.append(f"{pad}- {_scalar(item)}")


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Timestamp):
        return f'"{value}"'
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    raise ManifestError("a value is not text, which a manifest cannot hold")


def _float(value: float) -> str:
    text = repr(value)
    return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(text, text)
