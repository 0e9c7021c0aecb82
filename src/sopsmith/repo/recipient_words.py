"""Change the recipients that stand at one place of a `.sops.yaml`, and keep every other byte.

sops takes `age` as a text with commas (plain, in quotes, folded over lines) or as a list, whose
items may hold commas again. What is written so that a recipient cannot be found in the source
itself, such as behind an alias or an escape, is changed as a whole entry or not at all.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sopsmith.errors import RuleError
from sopsmith.formats import load_format, place
from sopsmith.formats.splice import Edit, splice
from sopsmith.formats.tree import Address, Node, Scalar, Sequence, show
from sopsmith.formats.yaml import parse

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


class _Word(NamedTuple):
    """A recipient in the source of a scalar: its span and itself."""

    start: int
    end: int
    text: str


def names_at(text: str, address: Address) -> list[str]:
    """Return the recipients that stand at an address; none where nothing stands."""
    node = _find(text, address)
    scalars = node.items if isinstance(node, Sequence) else [node]
    return [name for one in scalars for name in _names(one)]


def add_name(text: str, address: Address, new: str) -> str:
    """Return the text with a recipient behind those that stand at an address.

    Raises:
        RuleError: They are written in a way that cannot be edited surely.
    """
    node = _find(text, address)
    if isinstance(node, Sequence):
        return _put(text, (*address, len(node.items)), new)
    if not _names(node):
        return _put(text, address, new)
    assert isinstance(node, Scalar)
    words = _words(text, node, address)
    gap = "," if len(words) == 1 else text[words[-2].end : words[-1].start]
    if len(words) == 1 and "\n" in text[node.start : words[0].start]:
        line = text.rfind("\n", 0, words[0].start)
        gap += ("\r" if text[line - 1] == "\r" else "") + text[line : words[0].start]
    return splice(text, [(words[-1].end, words[-1].end, gap + new)])


def remove_name(text: str, address: Address, gone: str) -> str:
    """Return the text without a recipient that stands at an address.

    Raises:
        RuleError: It is the only one of a text, or cannot be edited surely.
    """
    node = _find(text, address)
    if not isinstance(node, Sequence):
        assert isinstance(node, Scalar)
        return splice(text, [_removal(_words(text, node, address), gone, address)])
    index = _item_of(node, gone)
    item = node.items[index]
    if len(_names(item)) > 1:
        return remove_name(text, (*address, index), gone)
    tree = parse(text)[0]
    return splice(text, place.drop(load_format("yaml"), text, tree, (*address, index)))


def replace_name(text: str, address: Address, old: str, new: str) -> str:
    """Return the text with one recipient in the place of another.

    Raises:
        RuleError: It cannot be edited surely.
    """
    node = _find(text, address)
    if isinstance(node, Sequence):
        return replace_name(text, (*address, _item_of(node, old)), old, new)
    assert isinstance(node, Scalar)
    word = next(word for word in _words(text, node, address) if word.text == old)
    return splice(text, [(word.start, word.end, new)])


def _find(text: str, address: Address) -> Node | None:
    nodes = place.reach(parse(text)[0].root, address)
    return nodes[-1] if len(nodes) == len(address) + 1 else None


def _put(text: str, address: Address, value: str) -> str:
    return splice(text, place.put(load_format("yaml"), text, parse(text)[0], address, value))


def _names(node: Node | None) -> list[str]:
    value = node.value if isinstance(node, Scalar) else None
    parts = value.split(",") if isinstance(value, str) else []
    return [part.strip() for part in parts if part.strip()]


def _item_of(node: Sequence, name: str) -> int:
    return next(index for index, item in enumerate(node.items) if name in _names(item))


def _words(text: str, node: Scalar, address: Address) -> list[_Word]:
    """Return where the recipients of a scalar stand in its source.

    Raises:
        RuleError: The source does not spell them as they are: an alias, an escape, a break.
    """
    source = text[node.start : node.end] if node.start >= 0 else ""
    lead = _PROPERTIES.match(source)
    body = lead.end() if lead else 0
    sign = source[body : body + 1]
    if sign in ("|", ">"):
        body = source.find("\n", body) + 1
    elif sign in ("'", '"'):
        body, source = body + 1, source[:-1]
    words: list[_Word] = []
    at = node.start + body
    for part in source[body:].split(","):
        if name := part.strip():
            start = at + part.index(name)
            words.append(_Word(start, start + len(name), name))
        at += len(part) + 1
    if [word.text for word in words] != _names(node):
        raise RuleError(
            "is written in a way that cannot be edited surely",
            key=show(address),
            hint="write age as a list, one `- age1…` a line",
        )
    return words


def _removal(words: list[_Word], gone: str, address: Address) -> Edit:
    """Return the edit that takes a recipient and one comma away."""
    index = next(index for index, word in enumerate(words) if word.text == gone)
    if index + 1 < len(words):
        return words[index].start, words[index + 1].start, ""
    if index:
        return words[index - 1].end, words[index].end, ""
    raise RuleError("would be left without a recipient", key=show(address))
