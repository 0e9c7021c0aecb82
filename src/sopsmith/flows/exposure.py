"""Find what an identity could ever read: every version of every file that was for it.

Who has an identity and a clone of the repository has all of it, whatever HEAD says today: files
that are gone, old layouts, branches that were never merged.
"""

from __future__ import annotations

import hmac
import posixpath
from base64 import b64decode
from binascii import Error as Base64Error
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.versions import SecretName, Token, Version, read_version
from sopsmith.formats import find_format
from sopsmith.sops.values import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.flows.versions import Opener
    from sopsmith.formats.tree import Plain
    from sopsmith.history import History

_AT_ONCE = 256
"""Changes whose versions are asked for together."""


class Place(NamedTuple):
    """Which Secret it is, wherever its file stands.

    Attributes:
        scope: Core or an environment; "" where the path does not tell.
        name: Of the Kubernetes object, or the file's path where it has none.
    """

    scope: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


Now = dict[Place, dict[str, set[bytes | None]]]
"""Digests by Secret and key."""
_Key = tuple[bytes, str, str | None]
"""A version, and all of its path that matters: the scope and the format."""


@dataclass
class Exposed:
    """One Secret that the identity could read.

    Attributes:
        keys: Its encrypted keys, in all versions; those of `data` and `stringData` without it.
        files: Where it stood.
        first, last: Object names of the oldest and newest commit with a version for it.
        versions: How many versions there are.
        unread: How many of them no identity at hand opens.
        others: How many further key groups the identity needed, at the least.
    """

    keys: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    first: str = ""
    last: str = ""
    versions: int = 0
    unread: int = 0
    others: int = 0


@dataclass
class Exposure:
    """All that an identity could ever read.

    Attributes:
        values: A keyed digest of every value of it that could be opened here.
        broken: Paths of versions that cannot be read, and of objects too large to look at.
    """

    places: dict[Place, Exposed] = field(default_factory=dict)
    values: set[bytes] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


class Digests:
    """Compare values without keeping them.

    Args:
        key: Random bytes of this process, so that a digest tells nobody else anything.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, token: Token, value: Plain) -> bytes:
        """Return the digest of a value; `data` and `stringData` of one value have the same."""
        text, _ = to_text(value)
        if token.of.name and token.path[:1] == ("data",):
            # What Kubernetes would not take stands for itself.
            with suppress(Base64Error, ValueError):
                text = b64decode(text, validate=True)
        # A line feed more or less is not another credential.
        return hmac.digest(self._key, text.strip(), "sha256")[:16]


class Search:
    """Look through a history for one recipient.

    Args:
        scope_of: Returns the scope of a path from the top of the repository, or "".
    """

    def __init__(
        self,
        history: History,
        opener: Opener,
        digests: Digests,
        scope_of: Callable[[str], str],
    ) -> None:
        self._history = history
        self._opener = opener
        self._digests = digests
        self._scope_of = scope_of

    def exposed_to(self, recipient: str, tick: Callable[[], None]) -> Exposure:
        """Return all that a recipient's identity could ever read.

        Args:
            tick: Called for each version that is looked at.

        Raises:
            OutsideError: Git does not answer, or has not the whole past.
        """
        found = Exposure()
        # What each version touches, so that an older commit can claim it.
        known: dict[_Key, tuple[Place, ...]] = {}
        for batch in self._batches():
            keys = [self._key(name, path) for name, path, _ in batch]
            wanted = {key: path for key, (_, path, _) in zip(keys, batch, strict=True)}
            wanted = {key: path for key, path in wanted.items() if key not in known}
            objects = self._history.read([name.hex() for name, _, _ in wanted])
            for (key, path), (_, data) in zip(wanted.items(), objects, strict=True):
                tick()
                known[key] = self._look(recipient, path, data, found)
            for key, (_, path, commit) in zip(keys, batch, strict=True):
                for place in known[key]:
                    one = found.places[place]
                    one.files.add(path)
                    one.last, one.first = one.last or commit, commit
        return found

    def _key(self, name: str, path: str) -> _Key:
        return bytes.fromhex(name), self._scope_of(path), find_format(path)

    def now(self) -> Now:
        """Return the digests of each encrypted value of HEAD; None for one that does not open.

        A value has several where several files hold the Secret.

        Raises:
            OutsideError: Git does not answer.
        """
        files = self._history.files()
        paths: dict[str, list[str]] = {}
        for path, name in files.items():
            paths.setdefault(name, []).append(path)
        found: Now = {}
        for name, data in self._history.read(paths):
            for path in paths[name]:
                version = _read(data, path)
                for token, digest in self._digested(version):
                    place = self._place(token.of, path)
                    found.setdefault(place, {}).setdefault(_key(token), set()).add(digest)
        return found

    def _batches(self) -> Iterator[list[tuple[str, str, str]]]:
        """Yield (version, path, commit) of every file that a commit wrote, newest first."""
        batch: list[tuple[str, str, str]] = []
        for step in self._history.steps():
            batch += [(one.after, one.path, step.commit) for one in step.changes if one.after]
            if len(batch) >= _AT_ONCE:
                yield batch
                batch = []
        yield batch

    def _look(
        self, recipient: str, path: str, data: bytes | None, found: Exposure
    ) -> tuple[Place, ...]:
        """Take one version in, and return the places that the recipient could read in it."""
        # An age recipient stands in one piece in every format; SSH ones may be folded.
        if data is not None and recipient.startswith("age1") and recipient.encode() not in data:
            return ()
        try:
            version = _read(data, path, strict=True)
        except Error:
            found.broken.add(path)
            return ()
        others = None if version is None else others_needed(version, recipient)
        if version is None or others is None:
            return ()
        read = self._digested(version)
        places = {token.of: self._place(token.of, path) for token, _ in read}
        for token, digest in read:
            one = found.places.setdefault(places[token.of], Exposed(others=others))
            one.keys.add(_key(token))
            if digest is not None:
                found.values.add(digest)
        for place in places.values():
            one = found.places[place]
            one.versions += 1
            one.unread += any(digest is None for _, digest in read)
            one.others = min(one.others, others)
        return tuple(places.values())

    def _digested(self, version: Version | None) -> list[tuple[Token, bytes | None]]:
        if version is None:
            return []
        values = self._opener.values(version)
        if values is None:
            return [(token, None) for token in version.tokens]
        pairs = zip(version.tokens, values, strict=True)
        return [(token, self._digests.of(token, value)) for token, value in pairs]

    def _place(self, of: SecretName, path: str) -> Place:
        return Place(self._scope_of(path), of.namespace, of.name or path)


def others_needed(version: Version, recipient: str) -> int | None:
    """Return how many key groups besides the recipient's open a file, or None if it has none."""
    groups = version.metadata.groups
    own = sum(any(_key_of(one.name) == _key_of(recipient) for one in group) for group in groups)
    if not own:
        return None
    needed = (version.metadata.threshold or len(groups)) if len(groups) > 1 else 1
    return max(needed - own, 0)


def _key_of(recipient: str) -> str:
    """Return a recipient without what people write behind an SSH key."""
    return " ".join(recipient.split()[:2])


def guess_scope(path: str, scopes: tuple[str, ...]) -> str:
    """Return the scope that some folder of a path names, in old layouts too; or ""."""
    parts = posixpath.dirname(path).split("/")
    return next((part for part in reversed(parts) if part in scopes), "")


def _key(token: Token) -> str:
    """Return what a value is called in the cluster, where `data` and `stringData` are one."""
    if token.of.name and len(token.path) == 2 and token.path[0] in ("data", "stringData"):
        return token.path[1]
    return token.key


def _read(data: bytes | None, path: str, *, strict: bool = False) -> Version | None:
    """Return a version, or None where there is none; where it is broken too, unless strict."""
    try:
        if data is None:
            raise Error("too large to look at", path=path)
        return read_version(data, path)
    except Error:
        if strict:
            raise
        return None
