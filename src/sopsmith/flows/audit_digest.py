"""Boil a version of a file down to what an audit compares: signs of values, and who reads it.

A sign is that of `git diff` with sopsmith's textconv: by value under a key of the identities at
hand, or of the token where nothing opens it. No value is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.versions import key_marks, read_version
from sopsmith.repo.cleartext import Clear, find_clear, find_clear_values
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.fingerprint import sign_token, sign_value

if TYPE_CHECKING:
    from sopsmith.flows.versions import Opener, Version
    from sopsmith.secret import Secret

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
_RECIPIENT = re.compile(rb"\bage1[a-z0-9]{50,}|\bssh-(?:ed25519|rsa) [A-Za-z0-9+/=]+")
_RULE_FILES = (FILE_NAME, "sopsmith.yaml")


class Sign(NamedTuple):
    """What tells a value from another one.

    Attributes:
        value: By value; "" where no identity at hand opens it.
        token: By its ciphertext, which a new data key changes too.
    """

    value: str
    token: str

    @property
    def shown(self) -> str:
        """The sign for people."""
        return f"#{self.value or self.token}"


class Digest(NamedTuple):
    """One version of a file.

    Attributes:
        values: Signs by Secret (or "") and key.
        recipients: Whom it is encrypted for, or whom it names where it is a file of rules.
        marks: Of the wrapped data keys; equal ones mean the same data key.
        clear: What stands in it and should not have been committed.
        broken: It looks like a SOPS file and cannot be read as one.
    """

    values: dict[tuple[str, str], Sign]
    recipients: frozenset[str]
    marks: frozenset[bytes] = frozenset()
    clear: tuple[Clear, ...] = ()
    broken: bool = False


class Event(NamedTuple):
    """What became of one value.

    Attributes:
        kind: ADDED, CHANGED or REMOVED.
        secret: `namespace/name`, or the file where it has no name.
        before, after: Signs, as `#a1b2c3`; "" where there is no value.
    """

    kind: str
    path: str
    secret: str
    key: str
    before: str
    after: str


NOTHING = Digest({}, frozenset())
"""What is no file, or none that an audit looks at."""


def digest(data: bytes | None, path: str, opener: Opener, key: Secret | None) -> Digest:
    """Return the digest of a version.

    Args:
        data: None where it was too large to look at.
        key: Of signs by value; None where there is no identity to make it of.
    """
    if data is None:
        return NOTHING
    if path.rpartition("/")[2] in _RULE_FILES:
        named = frozenset(f"age {one.decode()}" for one in _RECIPIENT.findall(data))
        return Digest({}, named, clear=find_clear(data, path))
    try:
        version = read_version(data, path)
    except Error:
        return Digest({}, frozenset(), broken=True)
    if version is None:
        clear = find_clear(data, path)
        return Digest({}, frozenset(), clear=clear) if clear else NOTHING
    return Digest(
        _signs(version, opener, key),
        version.recipients,
        key_marks(version.metadata),
        find_clear_values(data, version.trees, version.metadata),
    )


def compare(path: str, before: Digest, after: Digest) -> list[Event]:
    """Return what became of each value between two versions of a file."""
    events = []
    for place in before.values | after.values:
        old, new = before.values.get(place), after.values.get(place)
        if old is not None and new is not None and _same(old, new):
            continue
        kind = ADDED if old is None else REMOVED if new is None else CHANGED
        secret, key = place
        shown = (one.shown if one is not None else "" for one in (old, new))
        events.append(Event(kind, path, secret or path, key, *shown))
    return events


def is_rotated(before: Digest, after: Digest) -> bool:
    """Tell whether a file got a new data key."""
    return bool(before.marks and after.marks) and before.marks.isdisjoint(after.marks)


def tells_values(of: Digest) -> bool:
    """Tell whether its signs are by value, so that they hold through a new data key."""
    return all(sign.value for sign in of.values.values())


def _same(old: Sign, new: Sign) -> bool:
    if old.value and new.value:
        return old.value == new.value
    return old.token == new.token


def _signs(version: Version, opener: Opener, key: Secret | None) -> dict[tuple[str, str], Sign]:
    values = opener.values(version) if key is not None else None
    found: dict[tuple[str, str], Sign] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for index, token in enumerate(version.tokens):
        by_value = ""
        if values is not None and key is not None:
            value = values[index]
            same = (token.path, type(value), value)
            by_value = sign_value(key, token.path, value, seen[same])
            seen[same] += 1
        place = (token.of.shown(""), token.key)
        found[place] = Sign(by_value, sign_token(token.text))
    return found
