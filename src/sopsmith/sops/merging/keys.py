"""Merge who opens a document and what in it is encrypted, and choose the data key."""

from __future__ import annotations

from sopsmith.errors import RuleError
from sopsmith.sops.creation_rule import CreationRule
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.metadata import Metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from sopsmith.sops.document import Unlocked

    T = TypeVar("T")

_Groups = tuple[tuple[MasterKey, ...], ...]


def merge_rule(base: Metadata | None, ours: Metadata, theirs: Metadata) -> CreationRule:
    """Return the rule that the merged document follows.

    Recipients are merged as a set: one that either side removed is gone, one that either side
    added is there. Without an ancestor, both sides' recipients are there.

    Raises:
        RuleError: Both sides changed the selector or the key groups, each in its own way; or
            nobody would be left to open the file.
    """
    groups = _settle_groups(base, ours, theirs)
    selector = _settle(
        "which values are encrypted",
        _selector(base) if base else None,
        _selector(ours),
        _selector(theirs),
    )
    threshold = _settle(
        "how many key groups are needed",
        base.threshold if base else None,
        ours.threshold,
        theirs.threshold,
    )
    chosen = ours if selector == _selector(ours) else theirs
    return CreationRule(
        recipients=(),
        selector=chosen.selector,
        mac_only=chosen.mac_only_encrypted,
        groups=groups,
        threshold=threshold,
    )


def _selector(metadata: Metadata) -> tuple[str, str, bool]:
    selector = metadata.selector
    return selector.kind, selector.pattern, metadata.mac_only_encrypted


def groups_of(metadata: Metadata) -> _Groups:
    """Return a document's master keys by group, without what they wrap."""
    return tuple(tuple(stanza.key for stanza in group) for group in metadata.groups)


def choose_side(
    base: Unlocked | None, ours: Unlocked, theirs: Unlocked, rule: CreationRule
) -> Unlocked | None:
    """Return the side whose data key the merged document has, or None for a new one.

    A rotation is never undone, and a key that was made after the ancestor is not kept if
    somebody knows it who shall not open the merged file.
    """
    if ours.data_key == theirs.data_key:
        return ours
    if base is not None and theirs.data_key == base.data_key:
        sides = [ours]
    elif base is not None and ours.data_key == base.data_key:
        sides = [theirs]
    else:
        sides = [ours, theirs]
    welcome = {key for group in rule.key_groups for key in group}
    return next((side for side in sides if _knowers(side) <= welcome), None)


def _knowers(side: Unlocked) -> set[MasterKey]:
    return {stanza.key for stanza in side.metadata.stanzas}


def _settle_groups(base: Metadata | None, ours: Metadata, theirs: Metadata) -> _Groups:
    sides = [groups_of(one) for one in (ours, theirs)]
    before = groups_of(base) if base else ()
    if len(sides[0]) != 1 or len(sides[1]) != 1 or len(before) > 1:
        return _settle("the key groups", before, *sides)
    keys = _merge_keys(before[0] if before else (), sides[0][0], sides[1][0])
    if not keys:
        raise RuleError("together, both sides removed every recipient")
    return (keys,)


def _merge_keys(
    base: tuple[MasterKey, ...], ours: tuple[MasterKey, ...], theirs: tuple[MasterKey, ...]
) -> tuple[MasterKey, ...]:
    kept = [key for key in ours if key in theirs or key not in base]
    return tuple(
        dict.fromkeys([*kept, *(key for key in theirs if key not in ours and key not in base)])
    )


def _settle(what: str, base: T | None, ours: T, theirs: T) -> T:
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    raise RuleError(
        f"both sides changed {what}",
        hint="take one side's file whole, then make the other side's change to it",
    )
