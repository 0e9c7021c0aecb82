"""Tell what of a file should never have been committed. Pure, and it says no value."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from posixpath import basename
from typing import TYPE_CHECKING, NamedTuple

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.formats import find_format
from sopsmith.repo.coverage import decode, list_values, parse_text
from sopsmith.repo.lint_document import lint_plain
from sopsmith.repo.lint_words import find_kind
from sopsmith.sops.values import is_token

if TYPE_CHECKING:
    from sopsmith.formats.tree import Tree
    from sopsmith.sops.metadata import Metadata

IDENTITY, MANIFEST, ENV, VALUE = "age identity", "plain Secret", "plain .env", "value in clear"
RULES = {IDENTITY: "SOPS020", MANIFEST: "SOPS006", ENV: "SOPS001", VALUE: "SOPS003"}
"""The rule of `lint` that finds the same in what is there now."""
_IDENTITY = re.compile(rb"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{50,}")
_ENV_NAMES = (".env", ".env.*")
_PERHAPS_ENV = "*.env"
"""May hold versions or flags as well, so there a value has to look like a secret."""
_EXAMPLES = ("*.example", "*.sample", "*.template", "*.dist", ".envrc")
_ASSIGNS = re.compile(r"^(?:export )?([A-Za-z_]\w*)=[\"']?([^\s\"'#][^\"'\n]*)", re.MULTILINE)


class Clear(NamedTuple):
    """Something that stands in clear.

    Attributes:
        kind: IDENTITY, MANIFEST, ENV or VALUE.
        recipient: Of the identity, where that can be told; else "".
    """

    kind: str
    recipient: str = ""


def find_clear(data: bytes, path: str) -> tuple[Clear, ...]:
    """Return what stands in clear in a file that is no SOPS file."""
    found = [*_identities(data)]
    if _is_env(basename(path), data):
        found.append(Clear(ENV))
    form = find_format(path)
    text = decode(data) if form in ("yaml", "json") and b"Secret" in data else None
    trees = parse_text(text, form) if text is not None and form is not None else None
    if trees and any(one.rule == "SOPS006" for one in lint_plain(trees)):
        found.append(Clear(MANIFEST))
    return tuple(found)


def find_clear_values(data: bytes, trees: list[Tree], metadata: Metadata) -> tuple[Clear, ...]:
    """Return what stands in clear in a SOPS file, whose metadata were taken out of its trees."""
    found = [*_identities(data)]
    selector = metadata.selector
    # A selector that looks at comments needs their places, which a history is read without.
    values = [] if selector.by_comment else list_values(trees, selector, "")
    for one in values:
        value = one.leaf.value
        if one.selected and value not in (None, "") and not _is_token(value):
            return (*found, Clear(VALUE))
    return tuple(found)


def _identities(data: bytes) -> list[Clear]:
    if b"AGE-SECRET-KEY-" not in data:
        return []
    texts = dict.fromkeys(match.group() for match in _IDENTITY.finditer(data))
    return [Clear(IDENTITY, _recipient(text)) for text in texts]


def _recipient(text: bytes) -> str:
    try:
        return age.parse_identities(text.decode(), "a commit")[0].recipient
    except Error:
        # Damaged, or of a kind that cannot be used here; it leaked all the same.
        return ""


def _is_env(name: str, data: bytes) -> bool:
    if any(fnmatch(name, one) for one in _EXAMPLES):
        return False
    sure = any(fnmatch(name, one) for one in _ENV_NAMES)
    if not sure and not fnmatch(name, _PERHAPS_ENV):
        return False
    found = _ASSIGNS.finditer(data.decode("utf-8", "replace"))
    return any(sure or find_kind(one[1], one[2].strip()) for one in found)


def _is_token(value: object) -> bool:
    return isinstance(value, str) and is_token(value)
