"""Change the recipients of a scope in the text of a `sopsmith.yaml`, and keep the rest. Pure."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.formats import load_format, place
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Address, Mapping, Sequence, show, to_object
from sopsmith.formats.yaml import parse
from sopsmith.formats.yaml_lines import item_lines
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import CORE, RepoSettings
from sopsmith.repo.sure_edit import edit_surely

_LIST = "recipients"
Named = tuple[NamedRecipient, ...]


class Entries(NamedTuple):
    """What shall become of a list of recipients.

    Attributes:
        kept: For each that stands, what shall stand there; None where it goes.
        new: Those behind them.
    """

    kept: tuple[NamedRecipient | None, ...]
    new: Named = ()

    @property
    def all(self) -> Named:
        """Every recipient that the list shall have."""
        return (*(one for one in self.kept if one is not None), *self.new)


def edit_entries(text: str, scope: str, entries: Entries, settings: RepoSettings) -> str:
    """Return the text with other recipients in a scope.

    Args:
        settings: What the text shall say.

    Raises:
        LayoutError: It is written in a way that cannot be edited surely.
    """
    base: Address = (CORE, _LIST) if scope == CORE else ("environments", scope, _LIST)
    hint = "write it as a list, one `- age1…` a line"
    return edit_surely(lambda: _edit(text, base, entries), settings, show(base), hint)


def _edit(text: str, base: Address, entries: Entries) -> str:
    for index, one in enumerate(entries.kept):
        if one is not None:
            text = _set(text, (*base, index), one)
    for index in reversed(range(len(entries.kept))):
        if entries.kept[index] is None:
            text = _drop(text, (*base, index))
    for one in entries.new:
        text = _append(text, base, one)
    return text


def _set(text: str, at: Address, one: NamedRecipient) -> str:
    """Return the text with an entry changed where it differs: text stays text if it can."""
    node = place.reach(parse(text)[0].root, at)[-1]
    if not isinstance(node, Mapping):
        return text if to_object(node) == _value(one) else _put(text, at, _value(one))
    fields = to_object(node)
    assert isinstance(fields, dict)
    for name, value in one._asdict().items():
        if not value and name in fields:
            text = _drop(text, (*at, name))
        elif fields.get(name, "") != value:
            text = _put(text, (*at, name), value)
    return text


def _append(text: str, base: Address, one: NamedRecipient) -> str:
    nodes = place.reach(parse(text)[0].root, base)
    node, parent = nodes[-1], nodes[-2] if len(nodes) > 1 else None
    if len(nodes) <= len(base) or not isinstance(node, Sequence):
        return _put(text, base, [_value(one)])
    if not node.items and isinstance(parent, Mapping) and not parent.flow and not node.alias:
        return _open(text, node, parent.indent + 2, one)
    return _put(text, (*base, len(node.items)), _value(one))


def _open(text: str, node: Sequence, column: int, one: NamedRecipient) -> str:
    """Return the text with a block list in the place of `[]`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = newline.join(item_lines(_value(one), column, 2))
    start = len(text[: node.start].rstrip(" "))
    end = text.find("\n", node.end)
    if end < 0:
        return splice(text, [(start, node.end, ""), (len(text), len(text), newline + lines)])
    return splice(text, [(start, node.end, ""), (end + 1, end + 1, lines + newline)])


def _put(text: str, at: Address, value: object) -> str:
    return splice(text, place.put(load_format("yaml"), text, parse(text)[0], at, value))


def _drop(text: str, at: Address) -> str:
    return splice(text, place.drop(load_format("yaml"), text, parse(text)[0], at))


def _value(one: NamedRecipient) -> str | dict[str, str]:
    """Return a recipient as it is written: a text, or a mapping if there is more to say."""
    fields = {name: value for name, value in one._asdict().items() if value}
    return fields if len(fields) > 1 else one.recipient
