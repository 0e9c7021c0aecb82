"""Compare the secrets of two environments, two revisions, or Git and a cluster, masked.

Values are told apart by signs: HMAC-SHA-256 under a key of the identities at hand. Without one,
equal ciphertexts mean equal values, and others mean a change only where the data key stayed: then
it is said that it is not known. MACs are not checked; `sopsmith verify` does that.
"""

from __future__ import annotations

import hmac
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.flows.inventory import scope_of_path
from sopsmith.flows.versions import Version, key_marks, name_of, read_version
from sopsmith.formats.tree import Plain, Tree, show, walk
from sopsmith.kube.kinds import SECRET
from sopsmith.sops.fingerprint import sign_token
from sopsmith.sops.values import is_token, to_text

if TYPE_CHECKING:
    from sopsmith.flows.versions import Opener
    from sopsmith.ports import Cluster, Object
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.secret import Secret

ADDED, REMOVED, CHANGED, UNKNOWN = "added", "removed", "changed", "not known"
_DIGITS = 6
_PARTS = ("data", "stringData")


class Sign(NamedTuple):
    """What tells a value from another one.

    Attributes:
        value: By value; "" where nothing at hand opens it.
        token: Of the ciphertext; "" where there is none.
        marks: Of the data key.
    """

    value: str
    token: str = ""
    marks: frozenset[bytes] = frozenset()

    @property
    def shown(self) -> str:
        """The sign for people."""
        return f"#{(self.value or self.token)[:_DIGITS]}" if self.value or self.token else ""


Side = dict[tuple[str, str], dict[str, Sign]]
"""Signs by key, by scope (or "") and name of the secret."""


class Difference(NamedTuple):
    """What became of one value from the first side to the second."""

    kind: str
    scope: str
    secret: str
    key: str
    before: str = ""
    after: str = ""


class Signer:
    """Give values their signs.

    Args:
        key: None where there is no identity to make it of.
    """

    def __init__(self, opener: Opener, key: Secret | None) -> None:
        self._opener = opener
        self._key = key

    def sign(self, name: str, value: bytes) -> str:
        """Return the sign of a value under its key's name; "" without an identity."""
        if self._key is None:
            return ""
        message = len(name.encode()).to_bytes(8, "big") + name.encode() + value
        return hmac.digest(self._key.reveal(), message, "sha256").hex()

    def read(self, version: Version, path: str) -> Iterator[tuple[str, dict[str, Sign]]]:
        """Yield name and signs of each document of a file."""
        values = self._opener.values(version) if self._key is not None else None
        opened = iter(values) if values is not None else None
        marks = key_marks(version.metadata)
        for tree in version.trees:
            signs: dict[str, Sign] = {}
            for key, leaf, encoded in _leaves(tree):
                token = isinstance(leaf, str) and is_token(leaf)
                if not token:
                    signs[key] = Sign(self._of(key, leaf, encoded=encoded))
                    continue
                value = self._of(key, next(opened), encoded=encoded) if opened is not None else ""
                signs[key] = Sign(value, sign_token(str(leaf)), marks)
            yield name_of(tree).shown(path), signs

    def _of(self, key: str, value: Plain, *, encoded: bool) -> str:
        data, _ = to_text(value)
        if encoded:
            # Kubernetes refuses what is no base64; here it is compared as it stands.
            with suppress(Base64Error, ValueError):
                data = a2b_base64(data)
        return self.sign(key, data)


def read_side(
    files: Iterable[tuple[str, bytes]], settings: RepoSettings, scopes: frozenset[str],
    signer: Signer,
) -> Side:  # fmt: skip
    """Return the signs of the SOPS files among some.

    Args:
        files: Path below the root, and bytes.
        scopes: Whose files count, and stand together; none for all, each under its scope.

    Raises:
        Error: A file looks like a SOPS file and cannot be read as one.
    """
    found: Side = {}
    for path, data in files:
        scope = scope_of_path(path, settings)
        if scopes and scope not in scopes:
            continue
        version = read_version(data, path)
        for name, signs in signer.read(version, path) if version is not None else ():
            found.setdefault(("" if scopes else scope, name), {}).update(signs)
    return found


def read_cluster(cluster: Cluster, of: Side, namespace: str, signer: Signer) -> Side:
    """Return the signs of those Secrets in a cluster that the other side has.

    Args:
        namespace: Of names that have none.
    """
    found: Side = {}
    for scope, shown in of:
        where, _, name = shown.rpartition("/")
        one = cluster.find(SECRET, name, where or namespace) if _is_name(shown) else None
        if one is not None:
            found[scope, shown] = {key: Sign(sign) for key, sign in _live(one, signer)}
    return found


def compare(before: Side, after: Side) -> Iterator[Difference | None]:
    """Yield what became of each value, in order of the secrets; None for one that is the same."""
    for place in sorted({*before, *after}):
        old, new = before.get(place, {}), after.get(place, {})
        for key in sorted({*old, *new}):
            one, other = old.get(key), new.get(key)
            kind = _kind(one, other)
            signs = (sign.shown if sign else "" for sign in (one, other))
            yield Difference(kind, *place, key, *signs) if kind else None


def _kind(old: Sign | None, new: Sign | None) -> str:
    if old is None or new is None:
        return ADDED if old is None else REMOVED
    if old.value and new.value:
        return "" if old.value == new.value else CHANGED
    if old.token and old.token == new.token:
        return ""
    return CHANGED if old.token and new.token and old.marks & new.marks else UNKNOWN


def _leaves(tree: Tree) -> Iterator[tuple[str, Plain, bool]]:
    """Yield name, value and whether base64 stands around it, of every value that counts."""
    for path, address, leaf in walk(tree.root):
        if path and path[0] in _PARTS and len(path) > 1:
            yield ".".join(map(str, path[1:])), leaf.value, path[0] == "data"
        elif isinstance(leaf.value, str) and is_token(leaf.value):
            yield show(address), leaf.value, False


def _live(one: Object, signer: Signer) -> Iterator[tuple[str, str]]:
    for key, value in (one.get("data") or {}).items():
        yield str(key), signer.sign(str(key), a2b_base64(str(value)))


def _is_name(shown: str) -> bool:
    """Tell a Secret's name from the path of a file that holds none; that lies in a scope."""
    return shown.count("/") <= 1
