"""Merge three texts by lines, in memory.

Each line of the ancestor is kept, edited or gone on each side; a line is edited rather than
replaced where what stands before its `:` or `=` is the same. So comments, blank lines and the
order of both sides survive. The outcome is a proposal: whoever asks for it compares what it
says with the merge of the values.
"""

from __future__ import annotations

from sopsmith.sops.merging.align import Alignment, align
from sopsmith.sops.merging.values import OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"""\s*(?:- +)*(?:"[^"]*"|'[^']*'|[^\s"'#:=][^:=]*?)\s*(?:=|:(?=\s))"""


def propose(base: str, ours: str, theirs: str, prefer: str | None = None) -> Iterator[str]:
    """Yield texts that merge two sides line by line, the likeliest first.

    Args:
        prefer: Which side wins a line that both edited; None gives nothing for such texts.
    """
    weave = _Weave(*(split_lines(text) for text in (base, ours, theirs)))
    for our_lines_first in (True, False):
        found = weave.text(prefer, our_lines_first=our_lines_first)
        if found is not None:
            yield found if ours.endswith("\n") else found.removesuffix("\n")


def split_lines(text: str) -> list[str]:
    """Return a text in lines, each with a line feed behind it."""
    # Not `splitlines`, which also breaks at characters that are no line breaks to the formats.
    *lines, last = text.split("\n")
    return [line + "\n" for line in lines] + ([last + "\n"] if last else [])


class _Weave:
    def __init__(self, base: list[str], ours: list[str], theirs: list[str]) -> None:
        self._base, self._ours, self._theirs = base, ours, theirs
        names, our_names, their_names = (
            [_name(line) for line in side] for side in (base, ours, theirs)
        )
        self._one = align(base, ours, names, our_names)
        self._other = align(base, theirs, names, their_names)

    def text(self, prefer: str | None, *, our_lines_first: bool) -> str | None:
        """Return the merged text; None where both edited a line and neither is preferred."""
        found: list[str] = []
        for index in range(len(self._base) + 1):
            ours = [self._ours[place] for place in self._one.before[index]]
            theirs = [self._theirs[place] for place in self._other.before[index]]
            found += _both(ours, theirs, our_lines_first=our_lines_first)
            if index < len(self._base):
                line = self._line(index, prefer)
                if line is None:
                    return None
                found += line
        return "".join(found)

    def _line(self, index: int, prefer: str | None) -> list[str] | None:
        base = [self._base[index]]
        ours = _at(self._ours, self._one, index)
        theirs = _at(self._theirs, self._other, index)
        if theirs in (ours, base):
            return ours
        if ours == base:
            return theirs
        if prefer is None:
            return None
        return ours if prefer == OURS else theirs


def _at(lines: list[str], alignment: Alignment, index: int) -> list[str]:
    place = alignment.partner[index]
    return [] if place is None else [lines[place]]


def _both(ours: list[str], theirs: list[str], *, our_lines_first: bool) -> list[str]:
    if not theirs or ours == theirs:
        return ours
    if not ours:
        return theirs
    return [*ours, *theirs] if our_lines_first else [*theirs, *ours]


def _name(line: str) -> str:
    """Return what stands before a line's `:` or `=`, or the whole line."""
    head, mark, behind = _cut(line)
    if '"' in head or "'" in head:
        # A mark may stand between quotes; only then is it worth to load a regex engine.
        import re

        match = re.match(_NAME, line)
        return match.group() if match else line
    words = head.lstrip()
    if not mark or not words or words[0] == "#" or (mark == ":" and not behind[:1].isspace()):
        return line
    return head + mark


def _cut(line: str) -> tuple[str, str, str]:
    """Return what stands before the first `:` or `=`, that sign, and what is behind it."""
    at = min((at for at in (line.find(":"), line.find("=")) if at >= 0), default=len(line))
    return line[:at], line[at : at + 1], line[at + 1 :]
