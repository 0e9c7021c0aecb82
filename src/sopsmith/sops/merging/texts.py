"""Merge the plaintexts of three versions: the values decide, the text follows.

Source: none; git has no merge that knows of values.
"""

from __future__ import annotations

from itertools import chain

from sopsmith.errors import FormatError
from sopsmith.formats.tree import Mapping, Node, Tree
from sopsmith.sops.merging.compare import opcodes
from sopsmith.sops.merging.lines import propose, split_lines
from sopsmith.sops.merging.respell import Respeller
from sopsmith.sops.merging.values import (
    OURS,
    THEIRS,
    Clash,
    Conflict,
    Merger,
    Outcome,
    digest,
    is_plain_mapping,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.formats import Format


class Version:
    """A plaintext and what it says."""

    __slots__ = ("roots", "text", "trees")

    def __init__(self, text: str, form: Format) -> None:
        self.text = text
        self.trees: list[Tree] = form.parse(text)
        self.roots: list[Node] = [tree.root for tree in self.trees]

    def comments(self) -> dict[str, int]:
        """Return the text of every comment with how often it stands."""
        found: dict[str, int] = {}
        for text in (one.text.strip() for tree in self.trees for one in tree.comments):
            found[text] = found.get(text, 0) + 1
        return found


class MergedTexts:
    """What a merge of plaintexts gives.

    Attributes:
        ours, theirs: The merged text, with every conflict settled to that side; equal where
            there is none.
        conflicts: What both sides changed.
    """

    __slots__ = ("conflicts", "ours", "theirs")

    def __init__(self, ours: str, theirs: str, conflicts: list[Conflict]) -> None:
        self.ours = ours
        self.theirs = theirs
        self.conflicts = conflicts


def merge_texts(base: list[str], ours: str, theirs: str, form: Format) -> MergedTexts:
    """Return the merge of two plaintexts.

    Args:
        base: The common ancestor: none, one, or the two sides of a conflict that is itself an
            ancestor, as git makes one when histories cross.

    Raises:
        FormatError: A text is not of the format.
    """
    if ours == theirs or base == [theirs]:
        return MergedTexts(ours, ours, [])
    if base == [ours]:
        return MergedTexts(theirs, theirs, [])
    return _Texts(base, ours, theirs, form).merge()


class _Texts:
    def __init__(self, base: list[str], ours: str, theirs: str, form: Format) -> None:
        self._form = form
        self._ours = Version(ours, form)
        self._theirs = Version(theirs, form)
        versions = [Version(text, form) for text in base]
        self._base_roots = _ancestor([version.roots for version in versions])
        self._base = versions[0] if versions else None

    def merge(self) -> MergedTexts:
        conflicts, text = self._settle(OURS)
        if not conflicts and text is not None:
            if not self._lost_comments(text):
                return MergedTexts(text, text, [])
            conflicts = [Conflict((), "both sides changed comments at the same place")]
        elif text is None and not conflicts:
            conflicts = [Conflict((), "the two layouts do not fit together")]
        ours = text or self._ours.text
        theirs = self._settle(THEIRS)[1] or self._theirs.text
        if ours == theirs:
            ours, theirs = self._ours.text, self._theirs.text
        return MergedTexts(ours, theirs, conflicts)

    def _settle(self, prefer: str) -> tuple[list[Conflict], str | None]:
        """Return the conflicts, and the text with each of them settled to one side."""
        merger = Merger(prefer)
        outcomes = merger.documents(self._base_roots, self._ours.roots, self._theirs.roots)
        wanted = [digest(outcome) for outcome in outcomes]
        for text in self._proposals(outcomes, prefer):
            if self._says(text, wanted):
                return merger.conflicts, text
        return merger.conflicts, None

    def _proposals(self, outcomes: list[Outcome], prefer: str) -> Iterator[str]:
        base = self._base.text if self._base else _common(self._ours.text, self._theirs.text)
        respeller = Respeller(self._form, self._ours.text, self._theirs.text)
        respelt = respeller.text(self._ours.roots, outcomes)
        woven = propose(base, self._ours.text, self._theirs.text)
        preferring = propose(base, self._ours.text, self._theirs.text, prefer)
        return chain(woven, preferring, [] if respelt is None else [respelt])

    def _says(self, text: str, wanted: list[object]) -> bool:
        try:
            roots = Version(text, self._form).roots
        except FormatError:
            return False
        return [digest(root) for root in roots] == wanted and all(map(_is_unambiguous, roots))

    def _lost_comments(self, text: str) -> bool:
        """Tell whether a comment that one side wrote is not in a text."""
        before = self._base.comments() if self._base else {}
        found = Version(text, self._form).comments()
        return any(
            count > before.get(text, 0) + found.get(text, 0)
            for side in (self._ours, self._theirs)
            for text, count in side.comments().items()
        )


def _is_unambiguous(node: Node) -> bool:
    if isinstance(node, Mapping):
        return is_plain_mapping(node) and all(_is_unambiguous(child) for _, child in node.entries)
    return True


def _common(ours: str, theirs: str) -> str:
    """Return the lines that two texts share, as an ancestor for two that have none."""
    left, right = split_lines(ours), split_lines(theirs)
    equal = (one for one in opcodes(left, right) if one[0] == "equal")
    return "".join(line for _, start, end, _, _ in equal for line in left[start:end])


def _ancestor(variants: list[list[Node]]) -> list[Node]:
    """Return the roots of an ancestor; where its two sides differ it is equal to nothing."""
    if len(variants) < 2:
        return variants[0] if variants else []
    ours, theirs = variants
    if len(ours) != len(theirs):
        return [Clash(None) for _ in ours]
    return [_clashing(one, other) for one, other in zip(ours, theirs, strict=True)]


def _clashing(ours: Node | None, theirs: Node | None) -> Node:
    if ours is not None and digest(ours) == digest(theirs):
        return ours
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        keys = dict.fromkeys([key for one in (ours, theirs) for key, _ in one.entries])
        return Mapping([(key, _clashing(ours.get(key), theirs.get(key))) for key in keys])
    return Clash(None)
