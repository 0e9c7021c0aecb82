"""Decrypt a parsed document in place and check its MAC."""

from __future__ import annotations

from sopsmith.errors import MacMismatch, Tampered
from sopsmith.formats.tree import (
    Address,
    Comment,
    Mapping,
    Node,
    Path,
    Plain,
    Scalar,
    Sequence,
    Tree,
    show,
)
from sopsmith.sops.mac import Mac
from sopsmith.sops.metadata import KEY, Metadata
from sopsmith.sops.values import Cipher, CommentText, additional_data, is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.sops.selection import Selection


def take_metadata(trees: list[Tree]) -> Node | None:
    """Remove every document's `sops` entry and return the first document's, if it has one."""
    found: Node | None = None
    for index, tree in enumerate(trees):
        if isinstance(tree.root, Mapping):
            own = tree.root.get(KEY)
            found = own if index == 0 else found
            if own is not None:
                names = [name for name, _ in tree.root.entries]
                place = names.index(KEY)
                del tree.root.entries[place : place + 1], tree.root.keys[place : place + 1]
    return found


class Unsealer:
    """Walk a document once: decrypt, count the MAC, put plain values in their places.

    Args:
        text: The file's text, which tells a comment's span; "" where positions do not matter,
            which they do where the selector looks at comments.

    Attributes:
        selection: What is encrypted, where key paths alone do not tell; made by `unseal`.
    """

    __slots__ = ("_cipher", "_comments", "_mac", "_selector", "_text", "selection")

    def __init__(self, metadata: Metadata, data_key: bytes, text: str = "") -> None:
        self._cipher = Cipher(data_key)
        self._selector = metadata.selector
        self._mac = Mac(only_encrypted=metadata.mac_only_encrypted)
        self._text = text
        self._comments: list[Comment] = []
        self.selection: Selection | None = None

    def unseal(self, trees: list[Tree]) -> str:
        """Decrypt every value and comment, and return the MAC of what was found.

        Raises:
            Tampered: A value does not open where it stands, or stands in clear where the
                selector says that it is encrypted. `key` holds its address.
        """
        if self._selector.by_comment:
            from sopsmith.sops.selection import Selection

            self.selection = Selection(self._selector, trees, self._text)
        for tree in trees:
            self._comments = []
            self._visit(tree.root, (), (), encrypted=self._selector.selects(()))
            for comment in tree.comments:
                self._open_comment(comment)
            tree.comments = sorted([*tree.comments, *self._comments], key=lambda one: one.start)
        return self._mac.hexdigest()

    def check_mac(self, metadata: Metadata, found: str) -> None:
        """Compare the MAC of the values with the stored one.

        Raises:
            MacMismatch: They differ, or the stored one is missing or does not open.
        """
        if not metadata.mac:
            raise MacMismatch("the file has no MAC, so nothing vouches for its values")
        try:
            stored = self._cipher.decrypt(metadata.mac, metadata.mac_additional_data)
        except Tampered:
            raise MacMismatch(
                "the MAC does not open: the metadata was changed or is of another file"
            ) from None
        if stored != found:
            raise MacMismatch(
                "the MAC does not match: a value was changed, added, removed or moved",
                hint="find the last good version with git log; --ignore-mac reads it all the same",
            )

    def _visit(self, node: Node, path: Path, address: Address, *, encrypted: bool) -> None:
        if isinstance(node, Scalar):
            if self.selection is not None:
                encrypted = self.selection.has_value(node, path)
            if encrypted:
                self._open(node, path, address)
            self._mac.add(node.value, encrypted=encrypted)
        elif isinstance(node, Mapping):
            selector = self._selector
            for key, child in node.entries:
                below = (*path, key)
                self._visit(child, below, (*address, key), encrypted=selector.selects(below))
        else:
            self._visit_items(node, path, address, encrypted=encrypted)

    def _visit_items(
        self, node: Sequence, path: Path, address: Address, *, encrypted: bool
    ) -> None:
        kept: list[Node] = []
        for child in node.items:
            hidden = encrypted or self.selection is not None
            if isinstance(child, Scalar) and hidden and self._take_comment(child, path):
                continue
            # Comments among the items do not count, so that addresses are the plaintext's.
            self._visit(child, path, (*address, len(kept)), encrypted=encrypted)
            kept.append(child)
        node.items = kept

    def _take_comment(self, item: Scalar, path: Path) -> bool:
        """Move a list item that is a comment, as sops writes them, to the comments."""
        value = item.value
        if not isinstance(value, str) or not value.endswith(",type:comment]"):
            return False
        text = self._cipher.decrypt(value, additional_data(path))
        if not isinstance(text, CommentText):
            return False
        dash = self._text.rfind("-", 0, max(item.start, 0))
        comment = Comment(text, path, dash, item.end, item=True)
        comment.token = self._text[dash : item.end]
        self._comments.append(comment)
        return True

    def _open(self, scalar: Scalar, path: Path, address: Address) -> None:
        value = scalar.value
        if value is None or value == "":
            return
        if not isinstance(value, str) or not is_token(value):
            raise Tampered(
                "the value stands in clear where it should be encrypted",
                key=show(address),
                hint="encrypt it with `sopsmith encrypt` in a file of its own, or restore the file",
            )
        try:
            plain: Plain = self._cipher.decrypt(value, additional_data(path))
        except Tampered as error:
            error.key = show(address)
            raise
        if isinstance(plain, CommentText):
            raise Tampered("a comment stands where a value belongs", key=show(address))
        scalar.value = plain
        scalar.token = value

    def _open_comment(self, comment: Comment) -> None:
        token = comment.text.strip()
        if not is_token(token):
            return
        # go-yaml decides which collection a comment belongs to; the enclosing ones are tried as
        # well, since a comment that opens nowhere must stay readable as what it is.
        for depth in range(len(comment.path), -1, -1):
            try:
                text = self._cipher.decrypt(token, additional_data(comment.path[:depth]))
            except Tampered:
                continue
            if isinstance(text, CommentText):
                comment.text = text
                comment.token = self._text[comment.start : comment.end]
                return
