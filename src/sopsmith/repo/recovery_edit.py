"""Add a recovery recipient to the text of a `sopsmith.yaml`, and keep the rest. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from sopsmith.formats.yaml import quote
from sopsmith.repo.recipients import NamedRecipient, check_label
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.repo.sure_edit import edit_surely

_BLOCK = """\

# Who opens backups of identities, and nothing else; their identities are kept offline.
recovery:
  recipients:
    - {entry}
"""
_LIST = re.compile(r"^recovery:[^\S\n]*\n(?:[^\S\n]*#.*\n)*([^\S\n]+)recipients:[^\S\n]*\n", re.M)
_ITEM = re.compile(r"([^\S\n]*)- ")


def add_recovery(data: bytes, new: NamedRecipient) -> bytes:
    """Return the settings with one more recovery recipient.

    What comes out is read again: it says what it said before, and the new recipient besides.

    Raises:
        LayoutError: The text is broken, or cannot be edited surely; the hint has the lines.
    """
    check_label(new.name)
    before = parse_settings(data, FILE)
    text = data.decode("utf-8")
    entry = _entry(new)
    wanted = replace(before, recovery=(new, *before.recovery))
    hint = f"add it by hand: - {entry}"
    return edit_surely(lambda: _edit(text, entry), wanted, "recovery.recipients", hint).encode()


def _entry(new: NamedRecipient) -> str:
    if not new.name:
        return quote(new.recipient)
    recipient, name = quote(new.recipient, flow=True), quote(new.name, flow=True)
    return f"{{recipient: {recipient}, name: {name}}}"


def _edit(text: str, entry: str) -> str:
    found = _LIST.search(text)
    if found is None:
        gap = "" if text.endswith("\n") else "\n"
        return text + gap + _BLOCK.format(entry=entry)
    # Before the first item, since where the last one ends is harder to tell.
    item = _ITEM.match(text, found.end())
    indent = item[1] if item else f"{found[1]}  "
    return f"{text[: found.end()]}{indent}- {entry}\n{text[found.end() :]}"
