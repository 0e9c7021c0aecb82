"""Match file names against shell wildcards, without the regular expressions of `fnmatch`."""

from __future__ import annotations

from sopsmith.formats.drops import is_drop

_MAGIC = frozenset("*?[")


def has_wildcard(pattern: str) -> bool:
    """Tell whether a path or name holds a wildcard."""
    return not _MAGIC.isdisjoint(pattern)


def matches(name: str, pattern: str) -> bool:
    """Tell whether a file name matches `*`, `?` and `[a-z]`, `[!a]` as in a shell.

    A name that begins with a dot matches only a pattern that does, and a drop matches none: a
    generator shall not take a value that waits to be moved into a manifest for one.
    """
    if is_drop(name):
        return False
    if name.startswith(".") and not pattern.startswith("."):
        return False
    at, rest = 0, 0
    star, mark = -1, 0
    while at < len(name):
        width = _one(name[at], pattern, rest)
        if rest < len(pattern) and pattern[rest] == "*":
            star, mark = rest, at
            rest += 1
        elif width:
            at += 1
            rest += width
        elif star >= 0:
            # Let the last star take one character more and try again behind it.
            mark += 1
            at, rest = mark, star + 1
        else:
            return False
    return not pattern[rest:].strip("*")


def _one(char: str, pattern: str, at: int) -> int:
    """Return how many characters of the pattern match one character of the name; 0 for none."""
    if at >= len(pattern):
        return 0
    if pattern[at] == "?":
        return 1
    close = pattern.find("]", at + 2) if pattern[at] == "[" else -1
    if close < 0:
        return int(pattern[at] == char)
    group = pattern[at + 1 : close]
    negated = group[0] in "!^"
    found = _in_group(char, group[1:] if negated else group)
    return close + 1 - at if found is not negated else 0


def _in_group(char: str, group: str) -> bool:
    at = 0
    while at < len(group):
        if group[at + 1 : at + 2] == "-" and at + 2 < len(group):
            if group[at] <= char <= group[at + 2]:
                return True
            at += 3
        elif group[at] == char:
            return True
        else:
            at += 1
    return False
