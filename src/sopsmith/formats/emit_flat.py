"""Write a tree as dotenv or INI, which hold text alone, on one or two levels.

Source: getsops/sops stores/dotenv/store.go, stores/ini/store.go; gopkg.in/ini.v1 file.go.
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats import dotenv, ini
from sopsmith.formats.flat import plain_text
from sopsmith.formats.ini_lines import spell_key, spell_value
from sopsmith.formats.remarks import Remarks
from sopsmith.formats.tree import Mapping, Node, Scalar, Tree


def write_dotenv(root: Mapping, remarks: Remarks) -> str:
    """Return a document's lines.

    Raises:
        FormatError: A value is a mapping, a list or null, or dotenv has no spelling for an entry.
    """
    lines: list[str] = []
    starts = [start for start, _ in root.keys] or [-1] * len(root.entries)
    for start, (key, node) in zip(starts, root.entries, strict=True):
        if not isinstance(node, Scalar):
            raise FormatError("dotenv has no mappings and no lists", key=key)
        lines += ["#" + line for line in remarks.take(start)]
        lines.append(_dotenv_line(key, node))
    lines += ["#" + line for line in remarks.rest()]
    return "".join(line + "\n" for line in lines)


def _dotenv_line(key: str, node: Scalar) -> str:
    text = _text(node, "dotenv", key)
    line = f"{key}={dotenv.write_scalar(text, node, '')}"
    if _entries(dotenv.parse, line) == [(key, text)]:
        return line
    if "\\n" in text:
        raise FormatError(
            "the value has a backslash before an n, which dotenv reads as a line feed", key=key
        )
    raise FormatError("dotenv has no spelling for the key", key=key)


def write_ini(root: Mapping, remarks: Remarks) -> str:
    """Return a document's sections.

    Raises:
        FormatError: The tree is not one of sections with keys with text, or INI has no spelling.
    """
    blocks: list[str] = []
    starts = [start for start, _ in root.keys] or [-1] * len(root.entries)
    for start, (name, section) in zip(starts, root.entries, strict=True):
        if not isinstance(section, Mapping):
            raise FormatError("INI has values inside of sections alone", key=name)
        if _entries(ini.parse, f"[{name}]") != [(name, None)]:
            raise FormatError("INI has no spelling for the section's name", key=name)
        bare = name == ini.DEFAULT and not blocks
        lines = [] if bare else [*_comments(remarks.take(start)), f"[{name}]"]
        lines += _keys(name, section, remarks)
        if lines:
            blocks.append("".join(line + "\n" for line in lines))
    last = "".join(line + "\n" for line in _comments(remarks.rest()))
    return "\n".join([*blocks, last] if last else blocks)


def _keys(name: str, section: Mapping, remarks: Remarks) -> list[str]:
    spelled = [spell_key(key) for key, _ in section.entries]
    width = max((len(key or "") for key in spelled), default=0)
    starts = [start for start, _ in section.keys] or [-1] * len(section.entries)
    lines: list[str] = []
    for start, source, (key, node) in zip(starts, spelled, section.entries, strict=True):
        place = f"{name}.{key}"
        if not isinstance(node, Scalar):
            raise FormatError("INI has two levels, and this is a third", key=place)
        if source is None:
            raise FormatError("INI has no spelling for the key", key=place)
        value = spell_value(_text(node, "INI", place))
        if value is None:
            raise FormatError("INI has no spelling for the value's quotes", key=place)
        lines += _comments(remarks.take(start))
        lines.append(f"{source:<{width}} = {value}".rstrip(" "))
    return lines


def _comments(lines: list[str]) -> list[str]:
    return [f"; {line.strip()}".rstrip() for line in lines]


def _text(node: Scalar, form: str, place: str) -> str:
    try:
        return plain_text(node.value, form)
    except FormatError as error:
        error.key = place
        raise


def _entries(parse: object, line: str) -> list[tuple[str, object]] | None:
    """Return the keys and values that a reader finds in a line, or None if it refuses it."""
    assert callable(parse)
    try:
        (tree,) = parse(line + "\n")
    except FormatError:
        return None
    assert isinstance(tree, Tree)
    root = tree.root
    if tree.losses or tree.comments or not isinstance(root, Mapping):
        return None
    return [(key, _plain(node)) for key, node in root.entries]


def _plain(node: Node) -> object:
    return node.value if isinstance(node, Scalar) else None
