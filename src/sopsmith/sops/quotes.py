"""Give tokens that an edit keeps the quotes that they had.

A plaintext quotes more values than the encrypted file does, for a token needs no quotes
where a text such as `# x` does. So the quotes of a plaintext say nothing of a kept token.
"""

from __future__ import annotations

from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Tree
from sopsmith.sops.seal import leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTES = ("'", '"')


def keep_quotes(old_text: str, old: list[Tree], new: list[Tree], edits: list[Edit]) -> list[Edit]:
    """Return edits that write tokens, each in the quotes that it had in an older text.

    Args:
        old: The older text's documents, in clear, with their tokens.
        new: Those of the text that the edits are for.
    """
    marks = {
        (leaf.scalar.token, leaf.scalar.flow): old_text[leaf.scalar.start]
        for leaf in leaves_of(old)
        if leaf.scalar.token is not None and leaf.scalar.start >= 0
    }
    flow_at = {leaf.scalar.start: leaf.scalar.flow for leaf in leaves_of(new)}
    return [_requoted(edit, marks, flow=flow_at.get(edit[0], False)) for edit in edits]


def _requoted(edit: Edit, marks: Mapping[tuple[str, bool], str], *, flow: bool) -> Edit:
    start, end, written = edit
    token, behind = _find_token(written)
    mark = marks.get((token, flow))
    if mark is None:
        return edit
    quote = mark if mark in _QUOTES else ""
    if flow and not quote:
        return edit
    return start, end, f"{quote}{token}{quote}{behind}"


def _find_token(written: str) -> tuple[str, str]:
    """Return the token that a text begins with, and what is behind it and its quotes."""
    quote = written[0] if written.startswith(_QUOTES) else ""
    start = len(quote)
    stop = written.find("]", start) + 1
    if not (stop and written.startswith("ENC[", start) and written.startswith(quote, stop)):
        return "", written
    return written[start:stop], written[stop + len(quote) :]
