"""Make one text of the two sides of a conflict, by a choice for each place."""

from __future__ import annotations

from itertools import chain

from sopsmith.errors import FormatError
from sopsmith.formats.tree import Address, Mapping, Node, Sequence
from sopsmith.sops.merging.compare import opcodes
from sopsmith.sops.merging.respell import Respeller
from sopsmith.sops.merging.texts import Version
from sopsmith.sops.merging.values import (
    OURS,
    THEIRS,
    Conflict,
    Mixed,
    Outcome,
    digest,
    is_plain_mapping,
    ordered_keys,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.formats import Format

    Choice = Callable[[Address], str | None]

UNION = "union"


class Settled:
    """The two sides of a conflict with choices made.

    Attributes:
        text: The plaintext; None while something is open, or where no text can be made.
        open: Places without a choice, or whose choice is a union that cannot be.
    """

    __slots__ = ("open", "text")

    def __init__(self, text: str | None, open_: list[Conflict]) -> None:
        self.text = text
        self.open = open_


def settle(ours: str, theirs: str, form: Format, choice: Choice) -> Settled:
    """Return the plaintext that the choices make of two.

    Args:
        choice: Says OURS, THEIRS, UNION or None for an address, whose first part is the number
            of the document.
    """
    one, other = Version(ours, form), Version(theirs, form)
    settler = _Settler(choice)
    if len(one.roots) != len(other.roots):
        picked = choice(())
        text = {OURS: ours, THEIRS: theirs}.get(picked or "")
        reason = "the number of documents differs"
        return Settled(text, [] if text is not None else [Conflict((), reason)])
    outcomes = [
        settler.node(left, right, (number,))
        for number, (left, right) in enumerate(zip(one.roots, other.roots, strict=True))
    ]
    if settler.open:
        return Settled(None, settler.open)
    kept = [outcome for outcome in outcomes if outcome is not None]
    return Settled(_spell(one, other, kept, form), [])


def _spell(ours: Version, theirs: Version, outcomes: list[Outcome], form: Format) -> str | None:
    wanted = [digest(outcome) for outcome in outcomes]
    respelt = Respeller(form, ours.text, theirs.text).text(ours.roots, outcomes)
    for text in chain([ours.text, theirs.text], [] if respelt is None else [respelt]):
        try:
            found = [digest(root) for root in Version(text, form).roots]
        except FormatError:
            continue
        if found == wanted:
            return text
    return None


class _Settler:
    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self.open: list[Conflict] = []

    def node(self, ours: Node | None, theirs: Node | None, address: Address) -> Outcome | None:
        if digest(ours) == digest(theirs):
            return ours
        if is_plain_mapping(ours) and is_plain_mapping(theirs):
            return self._mapping(ours, theirs, address)
        choice = self._choice(address)
        if choice == OURS:
            return ours
        if choice == THEIRS:
            return theirs
        if choice == UNION:
            if ours is None or theirs is None:
                return ours or theirs
            if isinstance(ours, Sequence) and isinstance(theirs, Sequence):
                return _union(ours, theirs)
        reason = "no side is chosen" if choice is None else "it cannot hold both sides"
        self.open.append(Conflict(address, reason))
        return ours

    def _mapping(self, ours: Mapping, theirs: Mapping, address: Address) -> Mixed:
        found = [
            (key, self.node(ours.get(key), theirs.get(key), (*address, key)))
            for key in ordered_keys(ours, theirs)
        ]
        return Mixed(ours, theirs, [(key, node) for key, node in found if node is not None])


def _union(ours: Sequence, theirs: Sequence) -> Mixed:
    """Return the items of both lists, those in common once, ours first where they differ."""
    keys, other_keys = (list(map(digest, side.items)) for side in (ours, theirs))
    items: list[Outcome] = []
    for kind, start, end, other_start, other_end in opcodes(keys, other_keys):
        items += ours.items[start:end]
        items += theirs.items[other_start:other_end] if kind != "equal" else []
    return Mixed(ours, theirs, [(None, item) for item in items])
