"""Say how one list of things becomes another, fast on long texts.

`difflib` takes quadratic time where lines repeat, as `- name:` does in a long file. So what is
equal at both ends is taken off first, then the rest is cut at things that stand once on each
side (patience diff); `difflib` gets the short stretches between.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    Things = Sequence[Hashable]

Opcode = tuple[str, int, int, int, int]
"""`equal`, `replace`, `delete` or `insert`, start and end on the left, and on the right."""


def opcodes(left: Things, right: Things) -> list[Opcode]:
    """Return how `left` becomes `right`, as `difflib.SequenceMatcher.get_opcodes` says it."""
    found: list[Opcode] = []
    done = other_done = 0
    for start, other_start, size in [*_blocks(left, right), (len(left), len(right), 0)]:
        if done < start or other_done < other_start:
            kinds = {(True, True): "replace", (True, False): "delete", (False, True): "insert"}
            kind = kinds[done < start, other_done < other_start]
            found.append((kind, done, start, other_done, other_start))
        done, other_done = start + size, other_start + size
        if size and found and found[-1][0] == "equal":
            _, begin, _, other_begin, _ = found.pop()
            found.append(("equal", begin, done, other_begin, other_done))
        elif size:
            found.append(("equal", start, done, other_start, other_done))
    return found


def _blocks(left: Things, right: Things) -> Iterator[tuple[int, int, int]]:
    """Yield (start on the left, start on the right, size) of what is equal, in order."""
    head, tail = _ends(left, right)
    if head:
        yield 0, 0, head
    stop, other_stop = len(left) - tail, len(right) - tail
    start, other_start = head, head
    for anchor, other in [*_anchors(left, right, head, tail), (stop, other_stop)]:
        inner, other_inner = left[start:anchor], right[other_start:other]
        for place, other_place, size in _matches(inner, other_inner):
            yield start + place, other_start + other_place, size
        if anchor < stop:
            yield anchor, other, 1
        start, other_start = anchor + 1, other + 1
    if tail:
        yield stop, other_stop, tail


def _matches(left: Things, right: Things) -> list[tuple[int, int, int]]:
    """Return the blocks that `difflib` finds."""
    if set(left).isdisjoint(right):
        return []
    # It takes a millisecond to load, and most merges have nothing for it.
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, left, right, False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks if block.size]


def _ends(left: Things, right: Things) -> tuple[int, int]:
    """Return how many things are equal at the start, and at the end."""
    most = min(len(left), len(right))
    head = 0
    while head < most and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < most - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head, tail


def _anchors(left: Things, right: Things, head: int, tail: int) -> list[tuple[int, int]]:
    """Return the places of things that stand once on each side, in an order that both have."""
    counts, other_counts = (_count(side[head : len(side) - tail]) for side in (left, right))
    places = {right[index]: index for index in range(head, len(right) - tail)}
    shared = [
        (index, places[left[index]])
        for index in range(head, len(left) - tail)
        if counts[left[index]] == 1 and other_counts.get(left[index]) == 1
    ]
    return _longest_rise(shared) if len(shared) > 1 else shared


def _count(things: Things) -> dict[Hashable, int]:
    found: dict[Hashable, int] = {}
    for thing in things:
        found[thing] = found.get(thing, 0) + 1
    return found


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second numbers rise."""
    from bisect import bisect_left

    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, second) in enumerate(pairs):
        place = bisect_left(ends, second)
        before.append(last[place - 1] if place else -1)
        ends[place : place + 1] = [second]
        last[place : place + 1] = [number]
    found = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]
