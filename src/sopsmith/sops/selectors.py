"""Say which values are encrypted.

Each document has one selector; it looks at every key on a value's path. Regular expressions
are RE2, as in Go: Python's own differ in what they accept and mean. One that does not compile
is an error here (sops drops it and writes the file in clear).

Source: getsops/sops sops.go (Tree.shouldBeEncrypted).
"""

from __future__ import annotations

from sopsmith.errors import RuleError
from sopsmith.formats.tree import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SELECTORS = ("unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex")
COMMENT_SELECTORS = ("unencrypted_comment_regex", "encrypted_comment_regex")
ALL_SELECTORS = (*SELECTORS, *COMMENT_SELECTORS)
DEFAULT_SUFFIX = "_unencrypted"
_META = frozenset("\\.+*?()|[]{}^$")


def compile_regex(pattern: str) -> Callable[[str], bool]:
    """Return a function that searches a text for an RE2 pattern, unanchored.

    Raises:
        RuleError: RE2 does not take the pattern.
    """
    found = _COMPILED.get(pattern)
    if found is None:
        found = _COMPILED[pattern] = _compile(pattern)
    return found


# A repository has a handful of patterns, and each file is held against several of them.
_COMPILED: dict[str, Callable[[str], bool]] = {}


def _compile(pattern: str) -> Callable[[str], bool]:
    words = _whole_words(pattern)
    if words is not None:
        return words.__contains__
    pieces = _pieces(pattern)
    if pieces is not None:
        return lambda text: _has_pieces(text, pieces, pattern)
    return _compile_re2(pattern)


def _compile_re2(pattern: str) -> Callable[[str], bool]:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args else "it does not compile"
        raise RuleError(
            f"invalid regular expression `{pattern}`: {reason}",
            hint="SOPS uses RE2: no look-around and no back references",
        ) from None
    return lambda text: compiled.search(_as_go_reads(text)) is not None


def _as_go_reads(text: str) -> str:
    """Return a text with U+FFFD for each byte of a file's name that is no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _whole_words(pattern: str) -> frozenset[str] | None:
    """Return the words of a pattern `^(a|b)$`, or None where it is another kind.

    Nearly every rule is of this form, and it needs no regex engine at start-up.
    """
    if not (pattern.startswith("^") and pattern.endswith("$") and len(pattern) > 2):
        return None
    body = pattern[1:-1]
    if body.startswith("(") and body.endswith(")"):
        body = body[1:-1]
    elif "|" in body:
        return None
    words = body.split("|")
    return frozenset(words) if all(_META.isdisjoint(word) for word in words) else None


def _pieces(pattern: str) -> list[str] | None:
    """Return the texts around each `.*` of a pattern such as `^a/.*\\.yaml$`, or None.

    None is for a pattern of any other kind. An end without `^` or `$` is an empty piece more.
    """
    start, end = pattern.startswith("^"), pattern.endswith("$")
    pieces = []
    for part in pattern[start : len(pattern) - end].split(".*"):
        words = part.split("\\.")
        if not all(word.isascii() and _META.isdisjoint(word) for word in words):
            return None
        pieces.append(".".join(words))
    return [""] * (not start) + pieces + [""] * (not end)


def _has_pieces(text: str, pieces: list[str], pattern: str) -> bool:
    """Tell whether a text is these pieces, in order, with anything between them."""
    if not text.isascii() or "\n" in text:
        # A dot is no line break, and what a byte that is no UTF-8 matches is RE2's to say.
        return _compile_re2(pattern)(text)
    if len(pieces) == 1:
        return text == pieces[0]
    first, *between, last = pieces
    at = len(first)
    for piece in between:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return text.startswith(first) and text.endswith(last) and len(text) - len(last) >= at


class Selector:
    """One of the six ways to choose values: by their keys, or by the comments above them.

    Args:
        kind: A name of `SELECTORS` or `COMMENT_SELECTORS`.
        pattern: A suffix or an RE2 pattern.

    Raises:
        RuleError: The kind is unknown, or the pattern does not compile.

    Attributes:
        by_comment: It looks at comments, so a path alone does not tell; see `selection`.
        found_means_encrypted: A match encrypts, rather than leaves in clear.
    """

    __slots__ = ("_matches", "by_comment", "found_means_encrypted", "kind", "pattern")

    def __init__(self, kind: str, pattern: str) -> None:
        if kind not in SELECTORS and kind not in COMMENT_SELECTORS:
            raise RuleError(f"unknown selector {kind}")
        if not pattern:
            raise RuleError(f"{kind} is empty")
        self.kind = kind
        self.pattern = pattern
        self.by_comment = kind in COMMENT_SELECTORS
        self.found_means_encrypted = kind.startswith("encrypted")
        if kind.endswith("_suffix"):
            self._matches: Callable[[str], bool] = lambda key: key.endswith(pattern)
        else:
            self._matches = compile_regex(pattern)

    def selects(self, path: Path) -> bool:
        """Tell whether the value, or the comment's collection, at a path is encrypted.

        Only for selectors that look at keys; `Selection` answers for all of them.
        """
        return any(map(self._matches, path)) is self.found_means_encrypted

    def matches(self, text: str) -> bool:
        """Tell whether a single key, or a comment's text, matches the pattern."""
        return self._matches(text)

    def __repr__(self) -> str:
        return f"<Selector {self.kind}: {self.pattern}>"


def build_selector(found: dict[str, str]) -> Selector:
    """Return the one selector among some fields, or SOPS's default where there is none.

    Raises:
        RuleError: There are two, or one is not usable.
    """
    named = [(kind, found[kind]) for kind in (*SELECTORS, *COMMENT_SELECTORS) if found.get(kind)]
    if len(named) > 1:
        names = " and ".join(kind for kind, _ in named)
        raise RuleError(f"only one selector may be set, not {names}")
    return Selector(*named[0]) if named else Selector("unencrypted_suffix", DEFAULT_SUFFIX)
