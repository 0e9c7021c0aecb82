"""Merge three versions of a SOPS file.

Values are merged by key path and the text by lines, on the plaintext in memory; the outcome
is encrypted under one data key. Values that nobody changed keep their tokens, and so do those
that one side changed, so a merge changes no more than `lastmodified` and `mac` on top of what
the sides did.
"""

from __future__ import annotations

import os

from sopsmith.errors import FormatError
from sopsmith.formats import is_binary
from sopsmith.secret import Secret
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.merging.keys import choose_side, merge_rule
from sopsmith.sops.merging.texts import merge_texts
from sopsmith.sops.merging.values import Conflict, digest
from sopsmith.sops.plain import cut_mark, decode, read_plain
from sopsmith.sops.rekey import plan_rekey, rotate, update_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.sops.creation_rule import CreationRule
    from sopsmith.sops.metadata import Moment
    from sopsmith.sops.wrapping import Kinds


class Ancestor:
    """What two sides have in common.

    Attributes:
        plaintexts: None, one, or two where the ancestor is a conflict itself.
        unlocked: The file, if it was encrypted.
    """

    __slots__ = ("plaintexts", "unlocked")

    def __init__(self, plaintexts: list[bytes], unlocked: Unlocked | None = None) -> None:
        self.plaintexts = plaintexts
        self.unlocked = unlocked


class Merged:
    """What a merge gives.

    Attributes:
        ours, theirs: The file with every conflict settled to that side, encrypted under one
            data key and each with its own MAC; equal where there is no conflict.
        conflicts: What both sides changed.
    """

    __slots__ = ("conflicts", "ours", "theirs")

    def __init__(self, ours: bytes, theirs: bytes, conflicts: list[Conflict]) -> None:
        self.ours = ours
        self.theirs = theirs
        self.conflicts = conflicts


def merge(base: Ancestor, ours: Unlocked, theirs: Unlocked, kinds: Kinds, *, now: Moment) -> Merged:
    """Return the merge of two versions of a file.

    Args:
        base: With texts that were verified as those of the sides were.
        kinds: The kinds of master key besides age that can wrap a data key.

    Raises:
        RuleError: Both sides changed the selector or the key groups.
        MasterKeyError: The data key changes and a master key of the file is out of reach.
        FormatError: A plaintext is not of the file's format.
    """
    old = base.unlocked
    rule = merge_rule(old.metadata if old else None, ours.metadata, theirs.metadata)
    side = choose_side(old, ours, theirs, rule)
    plain = _merge_plaintexts(base.plaintexts, ours, theirs)
    frame = _frame(side, (ours, theirs), rule, plain.ours, kinds, now)
    others = (ours, theirs)
    one = frame.reencrypt(plain.ours, now=now, others=others)
    opened = _open_as(plain.ours, one, frame)
    if not plain.conflicts:
        return Merged(one, one, [])
    other = opened.reencrypt(plain.theirs, now=now, others=others)
    _open_as(plain.theirs, other, frame)
    return Merged(one, other, plain.conflicts)


def _merge_plaintexts(base: list[bytes], ours: Unlocked, theirs: Unlocked) -> Merged:
    """Return the merged plaintext, with every conflict settled to each side."""
    one, other = ours.plaintext(), theirs.plaintext()
    if other == one or base == [other]:
        return Merged(one, one, [])
    if base == [one]:
        return Merged(other, other, [])
    if is_binary(ours.form):
        return Merged(one, other, [Conflict((), "both sides changed the file, which is one value")])
    before = [cut_mark(decode(text))[1] for text in base]
    merged = merge_texts(before, ours.clear_text(), theirs.clear_text(), ours.form)
    return Merged(ours.encode(merged.ours), ours.encode(merged.theirs), merged.conflicts)


def _open_as(plaintext: bytes, data: bytes, frame: Unlocked) -> Unlocked:
    """Open what was encrypted, MAC and all, once it is sure to say what it should."""
    opened = _open(data, frame)
    wanted = [digest(tree.root) for tree in read_plain(plaintext, frame.form).trees]
    if [digest(tree.root) for tree in opened.trees] != wanted:
        raise FormatError(
            "the merged file would not open as it was merged", hint="this is a bug of sopsmith"
        )
    return opened


def _frame(
    side: Unlocked | None,
    sides: tuple[Unlocked, Unlocked],
    rule: CreationRule,
    plaintext: bytes,
    kinds: Kinds,
    now: Moment,
) -> Unlocked:
    """Return a file with the merged master keys, into which the merged plaintext is put."""
    if side is None:
        data_key = Secret(os.urandom(32))
        fresh = rotate(sides[0], rule, kinds, now=now, data_key=data_key)
        return _open(fresh, sides[0], data_key)
    fitting = [one for one in sides if one.data_key == side.data_key]
    ready = [one for one in fitting if plan_rekey(one.metadata, rule).empty]
    # A side that needs no change at all gives its bytes back as they are.
    done = [one for one in ready if one.plaintext() == plaintext]
    if done or ready:
        return (done or ready)[0]
    return _open(update_keys(fitting[0], rule, kinds, now=now), fitting[0])


def _open(data: bytes, like: Unlocked, data_key: Secret | None = None) -> Unlocked:
    document = Document(data.decode(), like.form, like.path)
    return document.unlock_with(data_key or like.data_key)
