"""Say which files the creation rules mean to be encrypted, though nothing in them says so.

A rule without a `path_regex` says how files are encrypted, not which ones are; so does one
that matches every path. Only the others name files.
"""

from __future__ import annotations

import os

from sopsmith.errors import Error
from sopsmith.formats import find_format, load_format, narrow
from sopsmith.formats.tree import Tree, walk
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
    name = find_format(path)
    trees = parse_lightly(data, name) if name else None
    if trees is None:
        return bool(data.strip())
    return any(
        leaf.value not in (None, "") and rule.selector.selects(keys)
        for tree in trees
        for keys, _, leaf in walk(tree.root)
    )


def parse_lightly(data: bytes, name: str) -> list[Tree] | None:
    """Return a file's trees, without positions where it is narrow YAML; None if it is broken."""
    try:
        text = data.decode().removeprefix("\ufeff")
        found = narrow.parse(text) if name == "yaml" else None
        return found or load_format(name).parse(text)
    except (UnicodeDecodeError, Error):
        return None
