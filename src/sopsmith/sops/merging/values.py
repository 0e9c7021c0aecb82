"""Merge three trees of values by key path.

The outcome points at the nodes of the two sides, so that the text of each can be used again.
What both sides changed is a conflict, which a preference settles so that one pass gives the
whole document either way.
"""

from __future__ import annotations

from sopsmith.formats.tree import Address, Mapping, Node, Plain, Scalar, Sequence
from sopsmith.sops.merging.align import align

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

OURS, THEIRS = "ours", "theirs"


class Mixed:
    """A mapping or list that has something of both sides.

    Attributes:
        ours, theirs: The collection on each side.
        entries: (key, outcome) in order; the key of a list's item is None.
    """

    __slots__ = ("entries", "ours", "theirs")

    def __init__(
        self,
        ours: Mapping | Sequence,
        theirs: Mapping | Sequence,
        entries: list[tuple[str | None, Outcome]],
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.entries = entries


Outcome = Node | Mixed


class Conflict:
    """A place that both sides changed.

    Attributes:
        address: The place; its first part is the number of the document.
        reason: What each side did, in words that hold no value.
    """

    __slots__ = ("address", "reason")

    def __init__(self, address: Address, reason: str) -> None:
        self.address = address
        self.reason = reason

    def __repr__(self) -> str:
        return f"<Conflict at {self.address}: {self.reason}>"


class Clash(Scalar):
    """A place where the ancestor is itself a conflict, and so equal to nothing."""

    __slots__ = ()


def digest(node: Outcome | None) -> object:
    """Return something hashable that is equal for equal values, types included.

    The order of a mapping's keys does not count.
    """
    if node is None:
        return None
    if isinstance(node, Clash):
        return (id(node),)
    if isinstance(node, Scalar):
        return _digest_plain(node.value)
    if isinstance(node, Mapping) or (isinstance(node, Mixed) and isinstance(node.ours, Mapping)):
        pairs = [(key, digest(child)) for key, child in node.entries]
        return "map", frozenset(pairs), len(pairs)
    items = node.items if isinstance(node, Sequence) else [child for _, child in node.entries]
    return ("list", *(digest(item) for item in items))


def _digest_plain(value: Plain) -> object:
    # The text tells 0.0 from -0.0 and makes what is not a number equal to itself.
    return type(value).__name__, repr(value) if isinstance(value, float) else value


class Merger:
    """Merge documents with one preference.

    Args:
        prefer: Which side a conflict is settled to: OURS or THEIRS.

    Attributes:
        conflicts: What both sides changed, in the order of the document.
    """

    def __init__(self, prefer: str = OURS) -> None:
        self._prefer = prefer
        self.conflicts: list[Conflict] = []

    def documents(self, base: list[Node], ours: list[Node], theirs: list[Node]) -> list[Outcome]:
        """Return the outcome of every document of a file."""
        if len(base) <= len(ours) == len(theirs):
            ancestors: list[Node | None] = [*base, *[None] * (len(ours) - len(base))]
            found = (
                self.node(old, one, other, (number,))
                for number, (old, one, other) in enumerate(
                    zip(ancestors, ours, theirs, strict=True)
                )
            )
            return [outcome for outcome in found if outcome is not None]
        return self._items(base, ours, theirs, ())

    def node(
        self, base: Node | None, ours: Node | None, theirs: Node | None, address: Address
    ) -> Outcome | None:
        """Return the outcome at one place; None where nothing stands there."""
        before, one, other = digest(base), digest(ours), digest(theirs)
        if other in (one, before):
            return ours
        if one == before and not _are_alike(ours, theirs):
            return theirs
        if is_plain_mapping(ours) and is_plain_mapping(theirs):
            old = base if is_plain_mapping(base) else Mapping([])
            return self._mapping(old, ours, theirs, address)
        if (
            isinstance(base, Sequence)
            and isinstance(ours, Sequence)
            and isinstance(theirs, Sequence)
        ):
            items = self._items(base.items, ours.items, theirs.items, address)
            return Mixed(ours, theirs, [(None, item) for item in items])
        self.conflicts.append(Conflict(address, _reason(base, ours, theirs)))
        return ours if self._prefer == OURS else theirs

    def _mapping(self, base: Mapping, ours: Mapping, theirs: Mapping, address: Address) -> Outcome:
        found: dict[str, Outcome] = {}
        for key in ordered_keys(ours, theirs):
            outcome = self.node(base.get(key), ours.get(key), theirs.get(key), (*address, key))
            if outcome is not None:
                found[key] = outcome
        return Mixed(ours, theirs, list(found.items()))

    def _items(
        self, base: list[Node], ours: list[Node], theirs: list[Node], address: Address
    ) -> list[Outcome]:
        keys, our_keys, their_keys = (
            [digest(node) for node in side] for side in (base, ours, theirs)
        )
        names, our_names, their_names = (
            [_name(node) for node in side] for side in (base, ours, theirs)
        )
        one = align(keys, our_keys, names, our_names)
        other = align(keys, their_keys, names, their_names)
        found: list[Outcome] = []
        for index in range(len(base) + 1):
            found += self._put_in(
                [ours[place] for place in one.before[index]],
                [theirs[place] for place in other.before[index]],
                (*address, len(found)),
            )
            if index < len(base):
                left, right = one.partner[index], other.partner[index]
                outcome = self.node(
                    base[index],
                    None if left is None else ours[left],
                    None if right is None else theirs[right],
                    (*address, len(found)),
                )
                found += [] if outcome is None else [outcome]
        return found

    def _put_in(self, ours: list[Node], theirs: list[Node], address: Address) -> list[Node]:
        """Return what stands at one place of a list where either side put items in."""
        if not theirs or [*map(digest, ours)] == [*map(digest, theirs)]:
            return ours
        if not ours:
            return theirs
        # The order of a list counts, and nobody has said which of the two comes first.
        self.conflicts.append(Conflict(address, "both sides put items in at the same place"))
        return ours if self._prefer == OURS else theirs


def _name(node: Node) -> object:
    """Return what an item of a list is called: kind of node, or the name that a mapping gives."""
    if isinstance(node, Mapping):
        for key in ("name", "id", "key"):
            named = node.get(key)
            if isinstance(named, Scalar):
                return key, named.value
    return type(node).__name__, id(node)


def _are_alike(ours: Node | None, theirs: Node | None) -> bool:
    """Tell whether two nodes can be joined entry by entry, which keeps the text of ours."""
    if is_plain_mapping(ours) and is_plain_mapping(theirs):
        return bool(ours.entries and theirs.entries)
    return (
        isinstance(ours, Sequence)
        and isinstance(theirs, Sequence)
        and bool(ours.items and theirs.items)
    )


def is_plain_mapping(node: Node | None) -> TypeGuard[Mapping]:
    """Tell whether a node is a mapping in which each key names one place."""
    return isinstance(node, Mapping) and len({key for key, _ in node.entries}) == len(node.entries)


def ordered_keys(ours: Mapping, theirs: Mapping) -> list[str]:
    """Return our keys in our order, and each of theirs behind the one that it follows there.

    What only we have at such a place comes before it.
    """
    keys = [key for key, _ in ours.entries]
    known, their_keys = set(keys), {key for key, _ in theirs.entries}
    place = 0
    for key, _ in theirs.entries:
        if key in known:
            place = keys.index(key) + 1
        else:
            while place < len(keys) and keys[place] not in their_keys:
                place += 1
            keys.insert(place, key)
            known.add(key)
            place += 1
    return keys


def _reason(base: Node | None, ours: Node | None, theirs: Node | None) -> str:
    if ours is None:
        return "we removed it, they changed it"
    if theirs is None:
        return "we changed it, they removed it"
    return "both sides added it" if base is None else "both sides changed it"
