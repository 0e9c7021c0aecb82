"""Set and unset single places of an unlocked document.

The change is a splice on the encrypted text, so that everything beside the place keeps its
bytes: layout, tokens, comments. The result is parsed and opened again before it is handed
out: a document that would not say what was asked for is refused.

Source: getsops/sops cmd/sops/set.go, unset.go; sops.go (Tree.Set, Unset).
"""

from __future__ import annotations

import copy
import os

from sopsmith.errors import Error, FormatError
from sopsmith.formats import format_name
from sopsmith.formats.flat import TEXT_ALONE
from sopsmith.formats.place import NothingThere, Token, drop, nest, put
from sopsmith.formats.splice import Edit, splice
from sopsmith.formats.tree import Address, Mapping, Path, Tree, show
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.metadata import KEY
from sopsmith.sops.metadata_place import is_bound
from sopsmith.sops.seal import Sealer
from sopsmith.sops.values import Cipher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sopsmith.formats.tree import Comment
    from sopsmith.sops.seal import Random


def set_at(
    one: Unlocked,
    address: Address,
    value: object,
    *,
    now: datetime,
    random: Random = os.urandom,
) -> bytes:
    """Return a document with a value at an address of its first document.

    Missing mappings and lists on the way are made; an index at or past the end of a list
    appends to it.

    Args:
        value: dict, list, str, int, float, bool or None.

    Raises:
        WrongPlace: The address does not fit the document.
        FormatError: The value cannot stand there without other changes.
    """
    _refuse_metadata(one, address)
    if format_name(one.form) in TEXT_ALONE:
        value = _as_text(value)
    amending = _Amending(one, random, now)
    if one.metadata.selector.by_comment:
        text, tree = amending.clear()
        plain = splice(text, put(one.form, text, tree, address, value))
        return amending.reencrypt(plain, lambda found: _with(found, address, value))
    steps = tuple(part for part in address if isinstance(part, str))
    edits = put(one.form, one.text, amending.tree(), address, amending.seal(value, steps), last=KEY)
    return amending.finish(edits, lambda found: _with(found, address, value))


def unset_at(
    one: Unlocked, address: Address, *, now: datetime, random: Random = os.urandom
) -> bytes:
    """Return a document without what stands at an address of its first document.

    Raises:
        NothingThere: Nothing does.
        WrongPlace: The address does not fit the document.
        FormatError: It cannot go without other changes.
    """
    _refuse_metadata(one, address)
    amending = _Amending(one, random, now)
    if one.metadata.selector.by_comment:
        text, tree = amending.clear()
        plain = splice(text, drop(one.form, text, tree, address))
        return amending.reencrypt(plain, lambda found: _without(found, address))
    edits = drop(one.form, one.text, amending.tree(), address, last=KEY)
    return amending.finish(edits, lambda found: _without(found, address))


def value_at(one: Unlocked, address: Address) -> object:
    """Return the plain value at an address of the first document.

    Raises:
        NothingThere: There is none.
        WrongPlace: The address does not fit the document.
    """
    from sopsmith.formats.place import reach
    from sopsmith.formats.tree import to_object

    nodes = reach(one.trees[0].root, address)
    if len(nodes) - 1 < len(address):
        raise NothingThere("there is nothing at this place", key=show(address[: len(nodes)]))
    return to_object(nodes[-1])


def same(left: object, right: object) -> bool:
    """Tell whether two plain values are equal, types included: 1 is neither 1.0 nor true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and (left == right or (left != left and right != right))


def _refuse_metadata(one: Unlocked, address: Address) -> None:
    if address[:1] == (KEY,):
        raise FormatError(
            "the metadata is not a value that can be set",
            path=one.path,
            key=KEY,
            hint="recipients change with `sopsmith updatekeys` or `sopsmith edit -s`",
        )


def _as_text(value: object) -> object:
    if isinstance(value, dict):
        return {key: _as_text(child) for key, child in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _with(found: object, address: Address, value: object) -> object:
    """Return a plain object with a value at an address."""
    found = copy.deepcopy(found)
    inside = found
    for depth, part in enumerate(address):
        last = depth == len(address) - 1
        if isinstance(inside, list) and isinstance(part, int) and part >= len(inside):
            inside.append(nest(address[depth + 1 :], value))
            break
        known = part in inside if isinstance(inside, dict) else isinstance(inside, list)
        if last or not known or inside[part] is None:  # type: ignore[index]
            if isinstance(inside, dict | list):
                inside[part] = nest(address[depth + 1 :], value)  # type: ignore[index]
            break
        inside = inside[part]  # type: ignore[index]
    return found


def _without(found: object, address: Address) -> object:
    found = copy.deepcopy(found)
    inside = found
    for part in address[:-1]:
        inside = inside[part]  # type: ignore[index]
    del inside[address[-1]]  # type: ignore[attr-defined]
    return found


def _removal(text: str, comment: Comment) -> Edit:
    """Return the edit that takes a comment away, with its line where nothing else is on it."""
    line = text.rfind("\n", 0, comment.start) + 1
    start = line + len(text[line : comment.start].rstrip())
    end = comment.end
    if start == line and (found := text.find("\n", end)) >= 0:
        end = found + 1
    return start, end, ""


class _Amending:
    """Change one document, and make sure of what came out.

    Where a selector looks at keys alone the encrypted text itself is changed. One that looks
    at comments may choose other values once something new stands beside them, so there the
    plaintext is changed and encrypted anew.
    """

    def __init__(self, one: Unlocked, random: Random, now: datetime) -> None:
        self._one = one
        self._random = random
        self._now = now
        self._sealer = Sealer(one.form, one.selection, one.data_key.reveal(), random, None)
        self._cipher = Cipher(one.data_key.reveal())

    def clear(self) -> tuple[str, Tree]:
        """Return the plaintext and its first document."""
        text = self._one.clear_text()
        return text, self._one.form.parse(text)[0]

    def tree(self) -> Tree:
        """Return the first document with its metadata in place, so that edits go around it."""
        first = self._one.trees[0]
        root = first.root
        assert isinstance(root, Mapping)
        start, _, node = self._one.sources[0]
        whole = Mapping(
            list(root.entries), root.start, root.end, flow=root.flow, indent=root.indent
        )
        place = sum(key[0] < start for key in root.keys)
        whole.keys = list(root.keys)
        whole.entries.insert(place, (KEY, node))
        whole.keys.insert(place, (start, start))
        tree = Tree(whole, first.comments, first.start, first.end)
        tree.aliases = first.aliases
        return tree

    def seal(self, value: object, path: Path) -> object:
        """Return a value with tokens in place of what the selector covers."""
        if isinstance(value, dict):
            return {key: self.seal(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [self.seal(child, path) for child in value]
        if value is None or value == "" or not self._one.metadata.selector.selects(path):
            return value
        assert isinstance(value, str | int | float | bytes)
        return Token(self._sealer.token(value, path))

    def finish(self, edits: list[Edit], change: Callable[[object], object]) -> bytes:
        """Return the edited document with its comments bound to their places and a new MAC."""
        one = self._one
        try:
            data = one.encode(splice(one.text, edits)).decode()
            document = Document(data, one.form, one.path)
            two = document.unlock_with(one.data_key, ignore_mac=True)
        except (Error, ValueError):
            raise self._refusal() from None
        self._check(two, change)
        return two.signed(self._moved_comments(two), now=self._now, random=self._random)

    def reencrypt(self, plain: str, change: Callable[[object], object]) -> bytes:
        """Return the document with another plaintext."""
        one = self._one
        data = one.reencrypt(one.encode(plain), now=self._now, random=self._random)
        document = Document(data.decode(), one.form, one.path)
        self._check(document.unlock_with(one.data_key), change)
        return data

    def _check(self, two: Unlocked, change: Callable[[object], object]) -> None:
        first, *others = self._one.objects()
        if not same(two.objects(), [change(first), *others]):
            raise self._refusal()

    def _refusal(self) -> FormatError:
        return FormatError(
            "the change does not fit the file's layout there",
            path=self._one.path,
            hint="make it with `sopsmith edit`",
        )

    def _moved_comments(self, two: Unlocked) -> list[Edit]:
        """Return the edits that bind comments to the collection that now holds them.

        Which one it is depends on what stands around a comment, and sops opens a comment only
        where that is the one that it was encrypted for. Where nothing is encrypted now, a comment
        goes: sops would leave the token in its plaintext, and the text must not show.
        """
        bound = {
            one.token: one.text
            for one in self._comments(self._one)
            if one.token is not None and is_bound(self._cipher, one.token, one.path)
        }
        edits = []
        for comment in self._comments(two):
            source = two.text[comment.start : comment.end]
            if source in bound and not is_bound(self._cipher, source, comment.path):
                # Where it stands now it may open at no path at all, so its text is the old one.
                comment.text = bound[source]
                if two.selection.has_comment(comment):
                    written = comment.written(self._sealer.comment_token(comment))
                    edits.append((comment.start, comment.end, written))
                else:
                    edits.append(_removal(two.text, comment))
        return edits

    def _comments(self, document: Unlocked) -> list[Comment]:
        return [one for tree in document.trees for one in tree.comments if not one.item]
