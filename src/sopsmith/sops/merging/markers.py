"""Write two versions of an encrypted file as one with conflict markers, and take it apart.

Each version is a whole SOPS file under one data key, MAC included, so a conflicted file holds
no plaintext, and taking one side of every hunk gives a file that any sops opens.
"""

from __future__ import annotations

from sopsmith.sops.merging.compare import opcodes
from sopsmith.sops.merging.lines import split_lines

SIZE = 7  # characters; git's own unless an attribute says otherwise
LABELS = ("ours (sopsmith)", "theirs (sopsmith)")


def join(ours: str, theirs: str, *, size: int = SIZE, labels: tuple[str, str] = LABELS) -> str:
    """Return the two texts as one, each stretch of lines that differ between markers."""
    left, right = split_lines(ours), split_lines(theirs)
    found: list[str] = []
    for kind, a, b, c, d in opcodes(left, right):
        if kind == "equal":
            found += left[a:b]
            continue
        found += [f"{'<' * size} {labels[0]}\n", *left[a:b], "=" * size + "\n"]
        found += [*right[c:d], f"{'>' * size} {labels[1]}\n"]
    return "".join(found)


def has_markers(text: str) -> bool:
    """Tell whether a text holds a conflict marker at the start of a line."""
    return _first_marker(text) is not None


def is_labelled(text: str) -> bool:
    """Tell whether the first conflict marker of a text is one that `join` wrote."""
    first = _first_marker(text)
    return first is not None and first.endswith(LABELS[0])


def _first_marker(text: str) -> str | None:
    """Return the first line that begins a conflict, without its line break."""
    if "<" * SIZE not in text:
        return None
    for line in text.split("\n"):
        rest = line.lstrip("<")
        if len(line) - len(rest) >= SIZE and rest[:1] in ("", " "):
            return line
    return None


def split(text: str) -> tuple[str, str] | None:
    """Return the two sides of a text with conflict markers; None where there are none.

    The ancestor's lines that git's diff3 style adds belong to neither. None too where the
    markers do not fit together.
    """
    first = _first_marker(text)
    if first is None:
        return None
    length = len(first) - len(first.lstrip("<"))
    marks = {sign: sign * length for sign in "<|=>"}
    sides: tuple[list[str], list[str]] = ([], [])
    state = "both"
    for line in split_lines(text):
        mark = next((sign for sign in "<|=>" if _is_mark(line, marks[sign])), "")
        if not mark:
            for side in _TAKES[state]:
                sides[side].append(line)
        elif state not in _FOLLOWS[mark]:
            return None
        else:
            state = _STATES[mark]
    return ("".join(sides[0]), "".join(sides[1])) if state == "both" else None


_TAKES = {"both": (0, 1), "ours": (0,), "base": (), "theirs": (1,)}
_STATES = {"<": "ours", "|": "base", "=": "theirs", ">": "both"}
_FOLLOWS = {"<": ("both",), "|": ("ours",), "=": ("ours", "base"), ">": ("theirs",)}


def _is_mark(line: str, mark: str) -> bool:
    rest = line.rstrip("\r\n")
    return rest == mark or rest.startswith(mark + " ")
