"""Encrypt the values of a parsed plaintext as edits to its text.

Every value is replaced where it stands, so all other bytes stay. Tokens of an older version
are used again where path, type and text are equal; each is used once, so that equal values of
a list keep tokens that differ (sops gives them one, which shows that they are equal).
"""

from __future__ import annotations

import sys

from sopsmith.errors import RuleError
from sopsmith.formats import Format
from sopsmith.formats.scalars import Inexact
from sopsmith.formats.splice import Edit
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
    walk,
)
from sopsmith.sops.mac import Mac
from sopsmith.sops.selection import Selection
from sopsmith.sops.values import IV_SIZE, Cipher, CommentText, additional_data, is_token, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Random = Callable[[int], bytes]


class Leaf:
    """A value of a document with its place; `document` counts from 0."""

    __slots__ = ("address", "path", "scalar")

    def __init__(self, document: int, path: Path, address: Address, scalar: Scalar) -> None:
        self.path = path
        self.address: Address = (document, *address)
        self.scalar = scalar


def leaves_of(trees: list[Tree]) -> list[Leaf]:
    """Return every value of every document in document order."""
    return [
        Leaf(number, path, address, scalar)
        for number, tree in enumerate(trees)
        for path, address, scalar in walk(tree.root)
    ]


class Kept:
    """Tokens of other versions under the same data key, each to be taken at most once."""

    def __init__(self, *versions: list[Tree]) -> None:
        self._tokens: dict[tuple[Path, bytes, str], list[tuple[Address, str]]] = {}
        self._comments: dict[tuple[Path, str], list[str]] = {}
        seen: set[str] = set()
        for trees in versions:
            seen |= self._add(trees, seen)

    def _add(self, trees: list[Tree], seen: set[str]) -> set[str]:
        """Add what a version has of its own; a token that versions share counts once."""
        new = set()
        for leaf in leaves_of(trees):
            token = leaf.scalar.token
            if token is not None and token not in seen:
                known = self._tokens.setdefault(_identity(leaf.path, leaf.scalar.value), [])
                known.append((leaf.address, token))
                new.add(token)
        for comment in (one for tree in trees for one in tree.comments):
            if comment.token and comment.token not in seen:
                known_sources = self._comments.setdefault((comment.path, comment.text), [])
                known_sources.append(comment.token)
                new.add(comment.token)
        return new

    def assign(self, leaves: list[Leaf]) -> dict[int, str]:
        """Return the tokens that leaves may keep, by `id` of their scalar.

        A leaf at the same address comes first, so that an equal value put in before it
        does not take its token away.
        """
        kept = {}
        for leaf in leaves:
            known = self._tokens.get(_identity(leaf.path, leaf.scalar.value), [])
            for entry in known:
                if entry[0] == leaf.address:
                    known.remove(entry)
                    kept[id(leaf.scalar)] = entry[1]
                    break
        for leaf in leaves:
            if id(leaf.scalar) not in kept:
                known = self._tokens.get(_identity(leaf.path, leaf.scalar.value), [])
                if known:
                    kept[id(leaf.scalar)] = known.pop(0)[1]
        return kept

    def comment(self, comment: Comment) -> str | None:
        """Return the source that a comment had, or None."""
        known = self._comments.get((comment.path, comment.text))
        return known.pop(0) if known else None


def _identity(path: Path, value: Plain) -> tuple[Path, bytes, str]:
    return (path, *to_text(value)) if value is not None else (path, b"", "null")


class Sealer:
    """Encrypt one file.

    Args:
        kept: Tokens to use again; None for a file that is new.
        random: Gives that many random bytes.

    Attributes:
        selected: How many values the selector covers, empty ones included; null does not count.
        passed: How many values it leaves in clear.
    """

    def __init__(
        self,
        form: Format,
        selection: Selection,
        data_key: bytes,
        random: Random,
        kept: Kept | None,
    ) -> None:
        self._form = form
        self._selection = selection
        self._cipher = Cipher(data_key)
        self._random = random
        self._kept = kept
        self.selected = 0
        self.passed = 0

    def token(self, value: Plain, path: Path) -> str:
        """Return a fresh token for a value at a path."""
        return self._cipher.encrypt(value, additional_data(path), self._random(IV_SIZE))

    def comment_token(self, comment: Comment) -> str:
        """Return a fresh token for a comment."""
        return self.token(CommentText(comment.text), comment.path)

    def mac_token(self, leaves: list[Leaf], last_modified: str, *, only_encrypted: bool) -> str:
        """Return the token of the MAC over some leaves in document order."""
        mac = Mac(only_encrypted=only_encrypted)
        for leaf in leaves:
            mac.add(leaf.scalar.value, encrypted=self._selection.has_value(leaf.scalar, leaf.path))
        return self._cipher.encrypt(mac.hexdigest(), last_modified.encode(), self._random(IV_SIZE))

    def edits(self, text: str, trees: list[Tree], leaves: list[Leaf]) -> list[Edit]:
        """Return the edits that encrypt a text's values and comments.

        Raises:
            RuleError: A value would not come back as it was written.
        """
        tokens = self._tokens(leaves)
        edits: list[Edit] = []
        for tree in trees:
            expanded = self._expansions(tree, tokens, edits)
            scalars = [scalar for _, _, scalar in walk(tree.root)]
            for scalar in scalars:
                if id(scalar) in tokens and scalar.start >= 0 and id(scalar) not in expanded:
                    written = self._form.write_token(tokens[id(scalar)], scalar, text)
                    edits.append((scalar.start, scalar.end, written))
            self._comment_edits(tree, edits)
            _refuse_open_end(text, scalars, tokens)
        return edits

    def _tokens(self, leaves: list[Leaf]) -> dict[int, str]:
        """Return the token of every value that gets one, by `id` of its scalar."""
        chosen = []
        for leaf in leaves:
            value = leaf.scalar.value
            if value is None:
                continue
            if not self._selection.has_value(leaf.scalar, leaf.path):
                self.passed += 1
                continue
            self.selected += 1
            if isinstance(value, Inexact):
                raise RuleError(
                    "an integer beyond 64 bits would lose digits",
                    key=show(leaf.address[1:]),
                    hint="quote it, so that it is a string",
                )
            if value not in ("", b""):
                chosen.append(leaf)
        kept = self._kept.assign(chosen) if self._kept else {}
        return {
            id(leaf.scalar): kept.get(id(leaf.scalar)) or self.token(leaf.scalar.value, leaf.path)
            for leaf in chosen
        }

    def _expansions(self, tree: Tree, tokens: dict[int, str], edits: list[Edit]) -> set[int]:
        """Write out every alias that stands for an encrypted value or repeats one.

        A token opens at one path alone, so an alias cannot share it: sops expands them as well.
        """
        done: set[int] = set()
        for copy, target in tree.aliases:
            inside = [scalar for node in (copy, target) for _, _, scalar in walk(node)]
            if copy.start < 0 or not any(id(scalar) in tokens for scalar in inside):
                continue
            if isinstance(copy, Scalar) and id(copy) in tokens:
                continue
            edits.append((copy.start, copy.end, self._form.write_flow(_with_tokens(copy, tokens))))
            done.update(id(scalar) for _, _, scalar in walk(copy))
        return done

    def _comment_edits(self, tree: Tree, edits: list[Edit]) -> None:
        """Add the edits that encrypt comments.

        A comment behind the `|` of a block that is replaced joins that edit, in clear or not.
        """
        around = sorted((start, end, index) for index, (start, end, _) in enumerate(edits))
        for comment in tree.comments:
            inside = _surrounding(around, comment.start)
            if inside is None and not self._encrypts(comment):
                continue
            written = self._written(comment)
            if inside is not None:
                start, end, old = edits[inside]
                body = old.rstrip("\r\n")
                edits[inside] = (start, end, f"{body} {written}{old[len(body) :]}")
                continue
            edits.append((comment.start, comment.end, written))
            if comment.takes:
                edits.append((*comment.takes, ""))

    def _encrypts(self, comment: Comment) -> bool:
        if not comment.text or is_token(comment.text):
            return False
        return self._selection.has_comment(comment)

    def _written(self, comment: Comment) -> str:
        """Return a comment's source: as it was, kept from an older version, or new."""
        if not self._encrypts(comment):
            return comment.written(comment.text)
        kept = self._kept.comment(comment) if self._kept else None
        return kept or comment.written(self.comment_token(comment))


def _refuse_open_end(text: str, scalars: list[Scalar], tokens: dict[int, str]) -> None:
    """Refuse a clear block scalar that the end of the file cuts off.

    The metadata behind it need a line of their own, and that line's end would become a part of
    the value, after the MAC was made over the value without it.

    Raises:
        RuleError: The last value is such a block.
    """
    last = scalars[-1] if scalars else None
    if last is None or id(last) in tokens or last.start < 0 or last.end < len(text):
        return
    if text[last.start : last.end].startswith(("|", ">")) and text[-1:] not in ("\n", "\r"):
        raise RuleError(
            "the last value is a block whose last line does not end",
            hint="end the file with a line break, or write `|-` for a value without one",
        )


def _surrounding(around: list[tuple[int, int, int]], position: int) -> int | None:
    """Return the index of the edit whose span holds a position, or None."""
    from bisect import bisect_right

    place = bisect_right(around, (position, sys.maxsize, 0)) - 1
    if place < 0 or position >= around[place][1]:
        return None
    return around[place][2]


def _with_tokens(node: Node, tokens: dict[int, str]) -> Node:
    if isinstance(node, Scalar):
        return Scalar(tokens.get(id(node), node.value), flow=True)
    if isinstance(node, Mapping):
        return Mapping([(key, _with_tokens(child, tokens)) for key, child in node.entries])
    return Sequence([_with_tokens(item, tokens) for item in node.items])
