"""Read one version of a SOPS file out of a history: whose it is, and what is encrypted in it.

A history holds thousands of versions, so each is read by the narrow reader where that can be,
and a data key that versions share is unwrapped once. MACs are not checked: what matters is
what somebody could read, and every token is bound to its place by itself.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, Tampered
from sopsmith.formats.tree import Mapping, Node, Path, Plain, Scalar, Sequence, Tree, show, walk
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.sops.metadata import Metadata, parse_metadata
from sopsmith.sops.recognise import is_marked, recognise
from sopsmith.sops.unseal import take_metadata
from sopsmith.sops.values import Cipher, additional_data, is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.sops.keyring import Keyring

_COMMENT = ",type:comment]"
_KEPT = 4096
"""Data keys that are remembered; a history seldom goes back to one that it left."""


class SecretName(NamedTuple):
    """What a document is about.

    Attributes:
        name: Of the Kubernetes object; "" where the document is none.
        namespace: "" where it names none.
    """

    name: str
    namespace: str

    def shown(self, path: str) -> str:
        """Return it for people: `namespace/name`, or the file's path where it has no name."""
        if not self.name:
            return path
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Token(NamedTuple):
    """An encrypted value in its place.

    Attributes:
        key: Its place for people: `stringData.password`.
        path: Its place as the token is bound to it.
    """

    of: SecretName
    key: str
    path: Path
    text: str


class Version(NamedTuple):
    """One version of a SOPS file; `trees` is what it holds besides the metadata."""

    metadata: Metadata
    tokens: tuple[Token, ...]
    trees: list[Tree]

    @property
    def recipients(self) -> frozenset[str]:
        """Everybody that it is encrypted for, as `age age1…`."""
        return frozenset(f"{one.kind} {one.name}" for one in self.metadata.stanzas)


def read_version(data: bytes, path: str) -> Version | None:
    """Return what a version of a file says, or None where it is no SOPS file.

    Raises:
        Error: It looks like one and cannot be read as one.
    """
    name = recognise(data, path)
    text = decode(data) if name is not None else None
    if name is None or text is None:
        return None
    trees = parse_text(text, name)
    node = take_metadata(trees) if trees else None
    if trees is None or node is None:
        if is_marked(data, name):
            raise Tampered("looks like a SOPS file and cannot be read as one", path=path)
        return None
    metadata = parse_metadata(node)
    if _COMMENT in text:
        for tree in trees:
            _drop_comments(tree.root)
    tokens = tuple(token for tree in trees for token in _tokens(tree))
    return Version(metadata, tokens, trees)


class Opener:
    """Open values of versions with the identities at hand, as far as those reach.

    Args:
        keyring: Gives the identities; asked only when there is something to open.
    """

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring
        self._known: dict[bytes, Cipher | None] = {}

    def values(self, version: Version) -> list[Plain] | None:
        """Return the value of each token, or None where the version does not open as a whole."""
        cipher = self._cipher(version.metadata)
        if cipher is None:
            return None
        try:
            return [cipher.decrypt(one.text, additional_data(one.path)) for one in version.tokens]
        except Tampered:
            return None

    def _cipher(self, metadata: Metadata) -> Cipher | None:
        mark = b"".join(sorted(key_marks(metadata)))
        if mark not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[mark] = self._open(metadata)
        return self._known[mark]

    def _open(self, metadata: Metadata) -> Cipher | None:
        try:
            return Cipher(self._keyring().unlock_data_key(metadata).reveal())
        except Error:
            # Nobody here opens it, or it is damaged; what it holds is then not known.
            return None


def key_marks(metadata: Metadata) -> frozenset[bytes]:
    """Return a short hash of each wrapped data key: equal where the data key stayed."""
    return frozenset(
        blake2b(f"{one.kind} {one.enc.strip()}".encode(), digest_size=8).digest()
        for one in metadata.stanzas
    )


def _tokens(tree: Tree) -> list[Token]:
    of = name_of(tree)
    return [
        Token(of, show(address), path, leaf.value)
        for path, address, leaf in walk(tree.root)
        if isinstance(leaf.value, str) and is_token(leaf.value)
    ]


def _drop_comments(node: Node) -> None:
    """Take out list items that are comments, as sops writes them, so that the others count."""
    if isinstance(node, Sequence):
        node.items = [item for item in node.items if not _is_comment(item)]
        for item in node.items:
            _drop_comments(item)
    elif isinstance(node, Mapping):
        for _, child in node.entries:
            _drop_comments(child)


def _is_comment(item: Node) -> bool:
    value = item.value if isinstance(item, Scalar) else None
    return isinstance(value, str) and is_token(value) and value.endswith(_COMMENT)


def name_of(tree: Tree) -> SecretName:
    """Return what a document is about, as far as its metadata is in clear."""
    root = tree.root
    metadata = root.get("metadata") if isinstance(root, Mapping) else None
    if not isinstance(metadata, Mapping):
        return SecretName("", "")
    return SecretName(_text(metadata, "name"), _text(metadata, "namespace"))


def _text(metadata: Mapping, key: str) -> str:
    node = metadata.get(key)
    value = node.value if isinstance(node, Scalar) else None
    # A manifest that is encrypted whole has a token for a name.
    return value if isinstance(value, str) and not is_token(value) else ""
