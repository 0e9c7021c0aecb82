"""Line two versions of a list up with a common ancestor, and merge the two by it.

The same rules serve the items of a list and the lines of a text: an element of the ancestor
is kept, edited or gone on each side, and elements are put in before it. Nothing is lumped
into hunks as diff3 does it, so edits that stand side by side do not touch each other; what
comes out is checked against the values, which makes this safe.
"""

from __future__ import annotations

from sopsmith.sops.merging.compare import opcodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Alignment:
    """Where one version's elements stand against the ancestor's.

    Attributes:
        partner: For each element of the ancestor, the index of the same or the edited one in
            the version, or None where it is gone.
        before: For each element of the ancestor, and one place more for the end, the indices
            that the version puts in before it.
    """

    __slots__ = ("before", "partner")

    def __init__(self, size: int) -> None:
        self.partner: list[int | None] = [None] * size
        self.before: list[list[int]] = [[] for _ in range(size + 1)]


def align(
    base: Sequence[Hashable],
    side: Sequence[Hashable],
    base_names: Sequence[Hashable],
    side_names: Sequence[Hashable],
) -> Alignment:
    """Return how a version's elements stand against the ancestor's.

    Args:
        base, side: The elements; equal ones are the same element.
        base_names, side_names: What an element is called: an edited element keeps its name.
            Within a stretch where nothing is equal, elements of one name are partners.
    """
    found = Alignment(len(base))
    for kind, start, stop, other_start, other_stop in opcodes(base, side):
        if kind == "equal":
            found.partner[start:stop] = range(other_start, other_stop)
        else:
            _align_changed(
                found,
                (start, base_names[start:stop]),
                (other_start, side_names[other_start:other_stop]),
            )
    return found


def _align_changed(
    found: Alignment,
    base: tuple[int, Sequence[Hashable]],
    side: tuple[int, Sequence[Hashable]],
) -> None:
    start, names = base
    other_start, other_names = side
    for kind, a, b, c, d in opcodes(names, other_names):
        same_place = kind == "replace" and len(names) == len(other_names) and b - a == d - c
        if kind == "equal" or same_place:
            found.partner[start + a : start + b] = range(other_start + c, other_start + d)
        else:
            found.before[start + a] += range(other_start + c, other_start + d)
