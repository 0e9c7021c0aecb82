"""Say which files the creation rules mean to be encrypted, though nothing in them says so.

A rule without a `path_regex` says how files are encrypted, not which ones are; so does one
that matches every path. Only the others name files.
"""

from __future__ import annotations

import os

from sopsmith.formats import find_format
from sopsmith.repo.coverage import decode, list_values, parse_text
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.sops.config import FILE_NAME, CreationRule

_EVERY = frozenset({"", ".", ".*", ".+", "^", "$", "^.*", ".*$", "^.*$", "^.+$"})
_STRUCTURE = frozenset({FILE_NAME, "sopsmith.yaml", ".pre-commit-config.yaml", *KUSTOMIZATIONS})


def names_files(rule: CreationRule) -> bool:
    """Tell whether a rule says which files are to be encrypted."""
    return rule.path_regex not in _EVERY


def stands_in_clear(data: bytes, path: str, rule: CreationRule) -> bool:
    """Tell whether a file without sops metadata holds what its rule wants encrypted.

    A file of a format must hold a value that the rule's selector selects; what cannot be
    parsed, and a file of no format, counts when it is not empty.
    """
    if not names_files(rule) or os.path.basename(path) in _STRUCTURE:
        return False
    name, text = find_format(path), decode(data)
    comments = rule.selector.by_comment
    trees = parse_text(text, name, comments=comments) if name and text is not None else None
    if trees is None or text is None:
        return bool(data.strip())
    return any(
        one.selected and one.leaf.value not in (None, "")
        for one in list_values(trees, rule.selector, text)
    )
