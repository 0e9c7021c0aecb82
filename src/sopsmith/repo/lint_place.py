"""Look up the lines of findings, once there are any: reading with positions is the slow way."""

from __future__ import annotations

from sopsmith.formats.tree import Address, Mapping, Node, Sequence, Tree, show
from sopsmith.repo.coverage import parse_text
from sopsmith.repo.lint_document import Found
from sopsmith.repo.lint_rules import Finding


def place(found: list[Found], text: str, name: str, path: str) -> list[Finding]:
    """Return findings with key paths and lines."""
    if not found:
        return []
    trees = parse_text(text, name, comments=True) or []
    return [
        Finding(one.rule, path, one.message, show(one.address), _line(one, trees, text))
        for one in found
    ]


def _line(one: Found, trees: list[Tree], text: str) -> int:
    if not one.address or one.document >= len(trees):
        return 0
    return text.count("\n", 0, max(_offset(trees[one.document].root, one.address), 0)) + 1


def _offset(node: Node, address: Address) -> int:
    """Return where the last part of an address that is there stands."""
    at = max(node.start, 0)
    for part in address:
        if isinstance(node, Mapping):
            names = [name.lower() for name, _ in node.entries]
            # The address may be of metadata, whose names are free in their case.
            if str(part).lower() not in names:
                break
            index = names.index(str(part).lower())
            at = node.keys[index][0] if index < len(node.keys) else at
            node = node.entries[index][1]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            at = node.start if node.start >= 0 else at
        else:
            break
    return at
